package cmd

import (
	"os"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// cancels returns the patch that cancels a job.
func cancels(name, spec string) string {
	original := "{}"
	if strings.Contains(spec, "suspend") {
		original = `{\"suspend\":true}`
	}
	return "patch jobs " + name + ` application/merge-patch+json {"metadata":{"annotations":{"kubectl-batch.github.io/cancelled":"uid-` + name + ` 2026-03-04T12:00:00Z",` +
		`"kubectl-batch.github.io/cancelled-by":"uid-` + name + ` dev@example.org","kubectl-batch.github.io/cancelled-spec":"uid-` + name + ` ` + original + `"},"uid":"uid-` + name + `"},"spec":{` + spec + `}}`
}

func TestCancel(t *testing.T) {
	const deadline = `"activeDeadlineSeconds":1`
	finishedLine := func(name string) string {
		return "The pods of job " + name + " that have not ended are deleted, with their logs\n"
	}
	active := func(j *batchv1.Job) { j.Status.Active = 1 }
	cancelled := faketest.Job("old", faketest.Marked(provenance.CancelledAnnotation, "now"), faketest.Ended(batchv1.JobFailed, time.Hour, batchv1.JobReasonDeadlineExceeded, "late"))
	for name, test := range map[string]struct {
		cluster *faketest.Cluster
		args    []string
		want    result
	}{
		"by name": {faketest.New(faketest.Job("a", active), faketest.Job("b")), []string{"job/a", "a", "-y"}, result{
			Stdout: "job.batch/a cancelled\n", Stderr: finishedLine("a"), Changes: []string{cancels("a", deadline)},
		}},
		"suspended": {faketest.New(faketest.Job("a", suspended)), []string{"a", "-y", "-o", "name"}, result{
			Stdout: "job.batch/a\n", Changes: []string{cancels("a", deadline+`,"parallelism":0,"suspend":false`)},
		}},
		"all that are not finished": {faketest.New(faketest.Job("a"), done("b", time.Hour), cancelled), []string{"--all", "-y"}, result{
			Stdout: "job.batch/a cancelled\n", Changes: []string{cancels("a", deadline)},
		}},
		"by label": {faketest.New(faketest.Job("a"), faketest.Job("b", active, faketest.Labelled("team", "x"))), []string{"-l", "team=x", "-y"}, result{
			Stdout: "job.batch/b cancelled\n", Stderr: finishedLine("b"), Changes: []string{cancels("b", deadline)},
		}},
		"finished, and cancelled already": {faketest.New(done("a", time.Hour), cancelled), []string{"a", "old", "-y"}, result{
			Stderr: "job \"old\" is already cancelled\nerror: job \"a\" cannot be cancelled: it is finished (Complete)\n", Status: 1,
		}},
		"nobody to ask": {faketest.New(faketest.Job("a")), []string{"a"}, result{
			Stderr: "JOB   STATE     TIME IN STATE   OWNER\na     Pending   60m             <none>\n" +
				"error: nothing was cancelled: no terminal to ask for confirmation; use -y to skip the prompt\n", Status: 1,
		}},
		"nothing": {faketest.New(), []string{"--mine", "-y"}, result{Stderr: "Nothing to cancel in namespace \"lab\"\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, execute(t, test.cluster, append([]string{"cancel"}, test.args...)...), test.want)
		})
	}
	for args, want := range map[string]string{
		"":             "missing argument JOB; specify one or more jobs, -l, --mine or --all",
		"a --all":      "job names and --all are mutually exclusive",
		"a -l x=y":     "job names and -l are mutually exclusive",
		"--all --mine": "--all and --mine are mutually exclusive",
		"-A":           "missing argument JOB",
		"--except=a":   "missing argument JOB",
		"--failed":     "a job in state Failed cannot be cancelled: it is finished; valid states are Suspended, Queued, Pending, Running, Stopping",
		"--all -oyaml": `invalid value "yaml" for -o: must be name`,
		"-l =":         `invalid value "=" for -l: `,
	} {
		if got := execute(t, faketest.New(), append([]string{"cancel"}, strings.Fields(args)...)...); got.Status != 2 || !strings.Contains(got.Stderr, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// A job whose logs cannot be saved is not cancelled.
func TestCancelKeepsLogs(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/a.log", []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := execute(t, faketest.New(faketest.Job("a"), faketest.Job("b")), "cancel", "a", "b", "-y", "--save-logs="+dir)
	if want := `job "a" was not cancelled: saving its logs: ` + dir + "/a.log already exists"; got.Status != 1 || !strings.Contains(got.Stderr, want) || len(got.Changes) != 1 {
		t.Errorf("%+v", got)
	}
	if content, err := os.ReadFile(dir + "/a.log"); string(content) != "mine" {
		t.Errorf("%q, %v", content, err)
	}
	if entries, err := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("b has no pods, and so no logs: %v, %v", entries, err)
	}
}
