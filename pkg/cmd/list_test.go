package cmd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

func running(job *batchv1.Job) {
	completions, start := int32(1), metav1.NewTime(faketest.Now().Add(-50*time.Minute))
	job.Status.Ready, job.Status.StartTime = &completions, &start
}

func suspended(job *batchv1.Job) {
	yes := true
	job.Spec.Suspend = &yes
}

func aged(age time.Duration) func(*batchv1.Job) {
	return func(job *batchv1.Job) { job.CreationTimestamp = metav1.NewTime(faketest.Now().Add(-age)) }
}

// mounting makes a job mount claims, for writing.
func mounting(claims ...string) func(*batchv1.Job) {
	return func(job *batchv1.Job) {
		spec := &job.Spec.Template.Spec
		for _, claim := range claims {
			spec.Volumes = append(spec.Volumes, corev1.Volume{Name: claim, VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
			}})
			spec.Containers[0].VolumeMounts = append(spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: claim, MountPath: "/" + claim})
		}
	}
}

func unschedulable(pod *corev1.Pod) {
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
		Message: "0/2 nodes are available: 2 Insufficient nvidia.com/gpu.",
	}}
}

func lab() []runtime.Object {
	waits := faketest.Job("waits", aged(5*time.Minute), mine)
	inOther := func(job *batchv1.Job) { job.Namespace = "other" }
	elsewhere := faketest.Job("elsewhere", aged(4*time.Hour), inOther, mine, running)
	return []runtime.Object{
		faketest.Job("done", aged(3*time.Hour), mine, faketest.Annotated(provenance.ResultsAnnotation, "done-results"),
			faketest.Marked(provenance.FetchedAnnotation, "2026-03-04T11:00:00Z"), faketest.Marked(provenance.FetchedByAnnotation, faketest.User), faketest.Ended(batchv1.JobComplete, 2*time.Hour)),
		faketest.Job("busy", aged(time.Hour), faketest.Labelled("team", "vision"), mounting("data", "out"), running),
		faketest.Job("broken", aged(30*time.Hour), faketest.Ended(batchv1.JobFailed, 29*time.Hour, "DeadlineExceeded", "too long")),
		waits, faketest.PodOf(waits, "waits-1", corev1.PodPending, unschedulable),
		faketest.Job("queued", aged(2*time.Minute), suspended, faketest.Labelled("kueue.x-k8s.io/queue-name", "gpus")),
		elsewhere,
	}
}

const (
	header  = "NAME     STATE      DURATION   RESULTS        FETCHED   AGE\n"
	reasons = "job waits does not run yet: Unschedulable: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.\n" +
		"job queued does not run yet: Queued: waiting for admission by queue gpus\n"
)

func TestList(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want result
	}{
		"the namespace, oldest first": {nil, result{Stdout: header +
			"broken   Failed     10m        <none>         <none>    30h\n" +
			"done     Complete   10m        done-results   yes       3h\n" +
			"busy     Running    50m        data,out       no        60m\n" +
			"waits    Pending    0s         <none>         <none>    5m\n" +
			"queued   Queued     0s         <none>         <none>    2m\n", Stderr: reasons}},
		"by name, in the order asked for": {[]string{"job/done", "broken"}, result{
			Stdout: "NAME     STATE      DURATION   RESULTS        FETCHED   AGE\n" +
				"done     Complete   10m        done-results   yes       3h\n" +
				"broken   Failed     10m        <none>         <none>    30h\n",
		}},
		"all namespaces, mine": {[]string{"-A", "--mine"}, result{
			Stdout: "NAMESPACE   NAME        STATE      DURATION   RESULTS        FETCHED   AGE\n" +
				"other       elsewhere   Running    50m        <none>         <none>    4h\n" +
				"lab         done        Complete   10m        done-results   yes       3h\n" +
				"lab         waits       Pending    0s         <none>         <none>    5m\n",
			Stderr: "job lab/waits does not run yet: Unschedulable: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.\n",
		}},
		"wide": {[]string{"@latest", "busy", "-o", "wide"}, result{
			Stdout: "NAME    STATE     DURATION   RESULTS    FETCHED   OWNER             IMAGES              AGE\n" +
				"waits   Pending   0s         <none>     <none>    dev@example.org   localhost/train:1   5m\n" +
				"busy    Running   50m        data,out   no        <none>            localhost/train:1   60m\n",
			Stderr: "job waits does not run yet: Unschedulable: 0/2 nodes are available: 2 Insufficient nvidia.com/gpu.\n",
		}},
		"names by label":     {[]string{"-l", "team in (vision)", "-o", "name"}, result{Stdout: "job.batch/busy\n"}},
		"none found":         {[]string{"-l", "team=nobody"}, result{Stderr: "No jobs found in namespace \"lab\"\n"}},
		"none found at all":  {[]string{"-l", "team=nobody", "-A"}, result{Stderr: "No jobs found\n"}},
		"none, as names":     {[]string{"-l", "team=nobody", "-o", "name"}, result{}},
		"a job as jsonpath":  {[]string{"done", "-o", "jsonpath={.kind} {.metadata.name}"}, result{Stdout: "Job done"}},
		"jobs as jsonpath":   {[]string{"-o", "jsonpath={.kind} {.items[*].metadata.name}"}, result{Stdout: "JobList broken done busy waits queued"}},
		"one that is not":    {[]string{"nothing"}, result{Stderr: "error: no job \"nothing\" in namespace \"lab\"; run \"kubectl batch list\" to see jobs\n", Status: 1}},
		"names and selector": {[]string{"done", "-A"}, result{Stderr: "error: job names and -A are mutually exclusive" + listUsage, Status: 2}},
		"another's namespace": {[]string{"other/elsewhere"}, result{
			Stderr: "error: invalid argument \"other/elsewhere\": \"other\" is not a kind of job; to select a namespace, use -n other; use NAME, job/NAME or @latest" + listUsage, Status: 2,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, execute(t, faketest.New(lab()...), append([]string{"list"}, test.args...)...), test.want)
		})
	}
}

const listUsage = "\n\nUsage:\n  kubectl batch list [JOB...]\n\nRun \"kubectl batch list --help\" for flags and examples.\n"

// In a full namespace all wait for the same.
func TestListExplainsSome(t *testing.T) {
	cluster := faketest.New()
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		if err := cluster.Add(faketest.Job(name, suspended)); err != nil {
			t.Fatal(err)
		}
	}
	got := execute(t, cluster, "list")
	var want strings.Builder
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		want.WriteString("job " + name + " does not run yet: Suspended: spec.suspend is true\n")
	}
	equal(t, got.Stderr, want.String()+"... and 2 more jobs are not running\n")
}

func TestLatestOfNobody(t *testing.T) {
	equal(t, execute(t, faketest.New(lab()...).As("grace"), "list", "@latest"), result{
		Stderr: "error: @latest: user grace has no jobs in namespace \"lab\"\n", Status: 1,
	})
}

// Results whose job no longer exists are listed below the jobs, under the name that fetch accepts.
func TestListOrphans(t *testing.T) {
	cluster := func() *faketest.Cluster {
		return faketest.New(
			done("train", time.Hour, made("train-results")), results(corev1.ClaimBound, "1Gi"),
			results(corev1.ClaimBound, "1Gi", fetchedClaim, ofJob("gone")), results(corev1.ClaimPending, "1Gi", ofJob("never"), func(c *corev1.PersistentVolumeClaim) { c.Labels["team"] = "x" }),
			faketest.Claim("people", "1Gi", corev1.ClaimBound),
		)
	}
	rows := func(args ...string) []string {
		var names []string
		for line := range strings.Lines(execute(t, cluster(), append([]string{"list"}, args...)...).Stdout) {
			names = append(names, strings.Join(strings.Fields(line)[:5], " "))
		}
		return names
	}
	const head = "NAME STATE DURATION RESULTS FETCHED"
	equal(t, rows(), []string{head, "train Complete 10m train-results no", "pvc/gone-results Gone <none> gone-results yes", "pvc/never-results Gone <none> never-results empty"})
	equal(t, rows("-l", "team=x"), []string{head, "pvc/never-results Gone <none> never-results empty"})
	equal(t, rows("train"), []string{head, "train Complete 10m train-results no"})
	equal(t, execute(t, cluster(), "list", "-o", "name").Stdout, "job.batch/train\n")
}

// If the existing jobs are not known, no job is reported as deleted.
func TestListOrphansOfWhat(t *testing.T) {
	cluster := faketest.New(done("train", time.Hour), results(corev1.ClaimBound, "1Gi")).Refuse("list", "jobs", errRefused)
	if got := execute(t, cluster, "list"); got.Status != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "listing jobs") {
		t.Errorf("%+v", got)
	}
}

// The user's name is queried once.
func TestListAsksOnce(t *testing.T) {
	cluster := faketest.New(results(corev1.ClaimBound, "1Gi"))
	execute(t, cluster, "list", "--mine")
	requests := 0
	for _, call := range cluster.Calls() {
		if strings.HasPrefix(call, "create selfsubjectreviews") {
			requests++
		}
	}
	if requests != 1 {
		t.Errorf("%d times: %v", requests, cluster.Calls())
	}
}

// Rows of many jobs come as they are read, in columns of one width.
func TestListMany(t *testing.T) {
	var jobs []runtime.Object
	for i := range 1234 {
		jobs = append(jobs, done(fmt.Sprintf("job-%04d", i), time.Hour))
	}
	got := execute(t, faketest.New(jobs...), "list")
	lines := strings.Split(strings.TrimSpace(got.Stdout), "\n")
	if len(lines) != 1235 || !strings.HasPrefix(lines[1], "job-0000 ") || !strings.HasPrefix(lines[1234], "job-1233 ") || len(lines[1]) != len(lines[1234]) {
		t.Errorf("%d lines: %q ... %q", len(lines), lines[1], lines[len(lines)-1])
	}
}
