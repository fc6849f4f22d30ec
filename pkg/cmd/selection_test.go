package cmd

import (
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// manyJobs are of two users, in two namespaces, in several states and of several ages.
func manyJobs() []runtime.Object {
	grace := faketest.OwnedBy("grace")
	cancelled := func(job *batchv1.Job) {
		faketest.Marked(provenance.CancelledAnnotation, "2026-03-04T11:00:00Z")(job)
		faketest.Ended(batchv1.JobFailed, 5*time.Hour, batchv1.JobReasonDeadlineExceeded, "late")(job)
	}
	elsewhere := func(job *batchv1.Job) { job.Namespace = "other" }
	return []runtime.Object{
		faketest.Job("done", mine, aged(9*time.Hour), faketest.Ended(batchv1.JobComplete, time.Hour), faketest.Labelled("team", "a")),
		faketest.Job("bad", grace, aged(8*time.Hour), faketest.Ended(batchv1.JobFailed, 3*time.Hour)),
		faketest.Job("halted", mine, aged(7*time.Hour), cancelled),
		faketest.Job("busy", grace, aged(6*time.Hour), running, faketest.Labelled("team", "a")),
		faketest.Job("waits", mine, aged(5*time.Minute)),
		faketest.Job("far", elsewhere, mine, aged(4*time.Hour), faketest.Ended(batchv1.JobFailed, 2*time.Hour)),
		faketest.Job("near", elsewhere, mine, aged(2*time.Minute)),
	}
}

// A job that another user copied with kubectl has the label and the annotation of the first user. It is not a job of
// the first user.
func TestCopiedJobsAreNotMine(t *testing.T) {
	copied := func(name string, source *batchv1.Job) *batchv1.Job {
		source = source.DeepCopy()
		source.Name, source.UID = name, faketest.UID(name)
		aged(5 * time.Minute)(source)
		return source
	}
	busy, ended := faketest.Job("busy", mine, running), done("ended", time.Hour, mine)
	cluster := func() *faketest.Cluster {
		return faketest.New(busy, ended, copied("busy-2", busy), copied("ended-2", ended))
	}
	for line, want := range map[string]string{
		"list -o name --mine":                   "job.batch/busy\njob.batch/ended\n",
		"list -o name --owner=" + faketest.User: "job.batch/busy\njob.batch/ended\n",
		"list -o name @latest":                  "job.batch/busy\n",
		"cancel -y -o name --mine":              "job.batch/busy\n",
		"purge --dry-run -o name --mine":        "job.batch/ended\n",
		"purge --dry-run -o name":               "job.batch/ended\njob.batch/ended-2\n",
		"list -o wide ended ended-2": "NAME      STATE      DURATION   RESULTS   FETCHED   OWNER             IMAGES              AGE\n" +
			"ended     Complete   10m        <none>    <none>    dev@example.org   localhost/train:1   60m\n" +
			"ended-2   Complete   10m        <none>    <none>    <none>            localhost/train:1   5m\n",
	} {
		t.Run(line, func(t *testing.T) {
			if got := execute(t, cluster(), strings.Fields(line)...); got.Stdout != want {
				t.Errorf("%+v; want %q", got, want)
			}
		})
	}
}

// The selection flags mean the same in every verb: it selects the same jobs, except those in a state that it refuses.
func TestSelectionFlagsOfAllVerbs(t *testing.T) {
	finished, unfinished := []string{"done", "bad", "halted", "far"}, []string{"busy", "waits", "near"}
	verbs := map[string]struct {
		args []string
		acts []string
	}{
		"list":   {[]string{"-o", "name"}, append(finished, unfinished...)},
		"purge":  {[]string{"--dry-run", "-o", "name", "--state=Complete,failed,cancelled"}, finished},
		"cancel": {[]string{"-y", "-o", "name"}, unfinished},
	}
	for flags, want := range map[string]string{
		"--mine":                                "done halted waits",
		"--owner=grace":                         "bad busy",
		"--owner=nobody":                        "",
		"-l team=a":                             "done busy",
		"--older-than=90m":                      "bad halted busy",
		"--newer-than=2h":                       "done waits",
		"--older-than=1h --newer-than=4h":       "done bad",
		"--older-than=1m --except=bad,job/busy": "done halted waits",
		"-A --mine":                             "done halted waits far near",
		"-A --mine --except done --except=far":  "halted waits near",
		"--mine --older-than=2h -l team!=b":     "halted",
	} {
		for verb, arguments := range verbs {
			t.Run(verb+" "+flags, func(t *testing.T) {
				got := execute(t, faketest.New(manyJobs()...), append(append([]string{verb}, arguments.args...), strings.Fields(flags)...)...)
				var names, expected []string
				for line := range strings.Lines(got.Stdout) {
					names = append(names, strings.TrimPrefix(strings.TrimSpace(line), "job.batch/"))
				}
				for name := range strings.FieldsSeq(want) {
					if slices.Contains(arguments.acts, name) {
						expected = append(expected, name)
					}
				}
				slices.Sort(names)
				slices.Sort(expected)
				if !slices.Equal(names, expected) || got.Status != 0 {
					t.Errorf("%q; want %q: %+v", names, expected, got)
				}
			})
		}
	}
}

func TestSelectionByState(t *testing.T) {
	for line, want := range map[string]string{
		"list --failed -o name":                           "bad",
		"list --failed --cancelled -o name":               "bad halted",
		"list --state=running,Pending -o name":            "busy waits",
		"list --state=Completed -o name":                  "done",
		"list --failed -A -o name":                        "bad far",
		"list --failed --newer-than=2h30m -A -o name":     "far",
		"purge --dry-run -o name":                         "done",
		"purge --dry-run -o name --except=done":           "",
		"purge --dry-run -o name --failed -A":             "bad far",
		"purge --dry-run -o name --keep=0":                "done",
		"purge --dry-run -o name --keep=0 --keep-by=team": "done",
		"purge --dry-run -o name --keep=1 --keep-by=team": "",
		"cancel -y -o name --state=Pending":               "waits",
		"cancel -y -o name --all":                         "busy waits",
		"cancel -y -o name --all --except=busy":           "waits",
		"cancel -y -o name --all -A":                      "busy near waits",
		"wait --failed -o json":                           "bad",
		"wait --cancelled --completed -o json":            "done halted",
		"wait -A --failed -o json":                        "bad far",
	} {
		got := execute(t, faketest.New(manyJobs()...), strings.Fields(line)...)
		var names []string
		for text := range strings.Lines(got.Stdout) {
			text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), `{"job":"`), "job.batch/")
			name, _, _ := strings.Cut(text, `"`)
			names = append(names, name)
		}
		slices.Sort(names)
		if strings.Join(names, " ") != want {
			t.Errorf("%s: %q; want %s: %+v", line, names, want, got)
		}
	}
}

// A mistyped --except would delete or cancel what the user wants to keep.
func TestExceptNamesAJob(t *testing.T) {
	for line, want := range map[string]string{
		"purge --except=doen -y":          `error: invalid value "doen" for --except: job not found in namespace "lab"` + "\n",
		"purge --except=done,far -y":      `error: invalid value "far" for --except: job not found in namespace "lab"` + "\n",
		"purge -A --except=done,fra -y":   `error: invalid value "fra" for --except: job not found in any namespace` + "\n",
		"cancel --all --except=buzy -y":   `error: invalid value "buzy" for --except: job not found in namespace "lab"` + "\n",
		"purge -A --except=done,far -y":   "",
		"cancel --all --except=busy -y":   "",
		"purge --except=ttl --volumes -y": "",
	} {
		objects := append(manyJobs(), results(corev1.ClaimBound, "1Gi", fetchedClaim, ofJob("ttl")))
		got := execute(t, faketest.New(objects...), strings.Fields(line)...)
		refused := want != ""
		if got.Status == 1 != refused || refused && (got.Stderr != want || len(got.Changes) > 0) {
			t.Errorf("%s: %+v; want %q", line, got, want)
		}
	}
}

func TestSelectionRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"list --state=Nice":                    `invalid value "Nice" for --state: must be one of Suspended, Queued, Pending, Running, Stopping, Complete, Failed, Cancelled`,
		"list --mine --owner=x":                "--mine and --owner are mutually exclusive",
		"list a --failed":                      "job names and --failed are mutually exclusive",
		"purge a --except=b":                   "job names and --except are mutually exclusive",
		"purge a --older-than=1h":              "job names and --older-than are mutually exclusive",
		"purge pvc/a --volumes --mine":         "job names and --mine are mutually exclusive",
		"purge a --keep=0":                     "job names and --keep are mutually exclusive",
		"purge --keep-by=team":                 "--keep-by requires --keep",
		"purge --state=Running":                "a job in state Running cannot be deleted: it is not finished; valid states are Complete, Failed, Cancelled",
		"cancel --completed":                   "a job in state Complete cannot be cancelled: it is finished",
		"purge --older-than=3":                 `invalid value "3" for --older-than: could mean seconds or minutes`,
		"list --newer-than=0s":                 `invalid value "0s" for --newer-than: must be above 0`,
		"list --newer-than=1h --older-than=2h": "--newer-than=1h and --older-than=2h select no job",
		"purge --except=":                      `invalid value "" for --except: must not be empty`,
		"purge --except=a,,b":                  `invalid value "" for --except`,
		"purge --except=@latest":               `invalid value "@latest" for --except: must be the name of a job`,
		"list --state=":                        `invalid value "" for --state: must not be empty`,
		"wait":                                 `missing argument JOB; run "kubectl batch list" to see jobs, or select jobs with -l, --mine or --state`,
		"wait -A":                              "missing argument JOB",
		"logs --except=a":                      "missing argument JOB",
	} {
		got := execute(t, faketest.New(), strings.Fields(line)...)
		if got.Status != 2 || !strings.Contains(got.Stderr, want) || got.Stdout != "" || len(got.Changes) > 0 {
			t.Errorf("%s: %+v; want a usage error with %q", line, got, want)
		}
	}
}

// Flags that select nothing are an error for a verb that would do nothing otherwise.
func TestSelectionOfNothing(t *testing.T) {
	for line, status := range map[string]int{"wait -l a=b": 125, "logs -l a=b": 1, "fetch -l a=b": 1, "logs -A -l a=b": 1} {
		got := execute(t, faketest.New(manyJobs()...), strings.Fields(line)...)
		if got.Status != status || !strings.Contains(got.Stderr, "match the flags") {
			t.Errorf("%s: %+v", line, got)
		}
	}
}

// With -A, a name alone does not identify a job.
func TestSelectionNamesNamespaces(t *testing.T) {
	got := execute(t, faketest.New(manyJobs()...), "cancel", "--all", "-A")
	if !strings.Contains(got.Stderr, "NAMESPACE   JOB") || !strings.Contains(got.Stderr, "other       near") {
		t.Errorf("%+v", got)
	}
	got = execute(t, faketest.New(manyJobs()...), "cancel", "--all", "-A", "-y")
	if !strings.Contains(got.Stdout, "job.batch/near cancelled in other\n") {
		t.Errorf("%+v", got)
	}
}

// Each line of the logs of several jobs begins with the job's name.
func TestLogsOfSeveralJobs(t *testing.T) {
	objects := manyJobs()
	for _, object := range manyJobs() {
		if job, ok := object.(*batchv1.Job); ok && job.Namespace == faketest.Namespace {
			objects = append(objects, faketest.PodOf(job, job.Name+"-pod", corev1.PodSucceeded, faketest.Exited(0)))
		}
	}
	for line, want := range map[string]string{
		"logs done":                  "fake logs",
		"logs done bad job/done":     "[done] fake logs\n[bad] fake logs",
		"logs --completed --failed":  "[done] fake logs\n[bad] fake logs",
		"logs --mine --completed -A": "fake logs",
		"logs -A -l team=a":          "[lab/done] fake logs\n[lab/busy] fake logs",
	} {
		if got := execute(t, faketest.New(objects...), strings.Fields(line)...); got.Stdout != want || got.Status != 0 {
			t.Errorf("%s: %+v; want %q", line, got, want)
		}
	}
	got := execute(t, faketest.New(objects...), "logs", "done", "none")
	if got.Status != 1 || !strings.Contains(got.Stdout, "fake logs") || !strings.Contains(got.Stderr, `no job "none"`) {
		t.Errorf("%+v", got)
	}
}

func TestRunQuiet(t *testing.T) {
	got := execute(t, faketest.New(), "run", "x", "--image=i", "--env=API_TOKEN=1", "--quiet")
	if got.Stdout != "job.batch/x created\n" || got.Stderr != "" || got.Status != 0 {
		t.Errorf("%+v", got)
	}
	got = execute(t, faketest.New(), "run", "x", "--image=", "-q")
	if got.Status != 2 || got.Stderr == "" {
		t.Errorf("an error is said: %+v", got)
	}
}

// A namespace that does not exist is not one without jobs.
func TestMissingNamespaceIsAnError(t *testing.T) {
	for _, line := range []string{"list", "list -o name", "purge -y", "cancel --all -y", "wait -l a=b", "logs -l a=b", "fetch -l a=b"} {
		got := execute(t, faketest.New().In(faketest.NoNamespace), strings.Fields(line)...)
		if got.Status == 0 || !strings.Contains(got.Stderr, `namespace "nosuch" does not exist`) {
			t.Errorf("%s: %+v", line, got)
		}
	}
}
