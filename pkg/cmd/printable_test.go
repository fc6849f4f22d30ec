//go:build unix

package cmd

import (
	"errors"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// hostile rings the bell, moves the cursor, changes the order of the line, and imitates a message.
const hostile = "x\a\u009b2J\u202e\x1b[1m\xff\nerror: forged"

func hostileLab() *faketest.Cluster {
	hostileOwner := faketest.OwnedBy(hostile)
	image := func(job *batchv1.Job) { job.Spec.Template.Spec.Containers[0].Image = hostile }
	failed := faketest.Job("failed", hostileOwner, image, aged(3*time.Hour), faketest.Ended(batchv1.JobFailed, time.Hour, hostile, hostile))
	waits := faketest.Job("waits", hostileOwner, image, aged(5*time.Minute))
	return faketest.New(failed, waits,
		faketest.Job("done", hostileOwner, image, aged(3*time.Hour), withResults, faketest.Ended(batchv1.JobComplete, time.Hour)),
		faketest.PodOf(failed, "failed-1", corev1.PodFailed, func(pod *corev1.Pod) {
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{ExitCode: 3, Reason: hostile, Message: hostile},
			}}}
		}),
		faketest.PodOf(waits, "waits-1", corev1.PodPending, func(pod *corev1.Pod) {
			pod.Status.Conditions = []corev1.PodCondition{{
				Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable, Message: hostile,
			}}
		}))
}

// Text from pods, annotations, the server and the command line neither steers the terminal nor
// begins a line of its own.
func TestOutputEscapesForeignText(t *testing.T) {
	refusing := func() *faketest.Cluster {
		return hostileLab().Refuse("*", "jobs", &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Reason: metav1.StatusReasonForbidden, Message: hostile, Code: 403,
		}})
	}
	for name, test := range map[string]struct {
		cluster *faketest.Cluster
		args    []string
	}{
		"table":             {hostileLab(), []string{"list", "-o", "wide"}},
		"preview":           {hostileLab(), []string{"purge", "--failed", "--completed", "--dry-run"}},
		"answer as JSON":    {hostileLab(), []string{"wait", "failed", "-o", "json"}},
		"reason of a job":   {hostileLab(), []string{"wait", "failed"}},
		"table of cancel":   {hostileLab(), []string{"cancel", "waits"}},
		"refusal":           {refusing(), []string{"run", "new", "--image=i"}},
		"wrapped refusal":   {refusing(), []string{"list", "done"}},
		"error of a client": {hostileLab().Refuse("list", "*", errors.New(hostile)), []string{"list"}},
		"argument":          {hostileLab(), []string{"list", hostile}},
		"verb":              {hostileLab(), []string{hostile}},
		"flag":              {hostileLab(), []string{"list", "--" + hostile}},
		"value of a flag":   {hostileLab(), []string{"run", "x", "--image=i", "--memory=" + hostile}},
		"name of a file":    {hostileLab(), []string{"run", "-f", hostile}},
		"command":           {hostileLab(), []string{"run", "x", hostile, "--", "x"}},
		"local directory": {
			onThisMachine(fetchable(t, done("train", time.Hour, withResults), filetree.Tree{"a": filetree.File("1")})),
			[]string{"fetch", "train", "-d", hostile},
		},
		"path": {hostileLab(), []string{"fetch", "done", "../" + hostile}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			got := execute(t, test.cluster, test.args...)
			if !strings.Contains(got.Stdout+got.Stderr, "forged") {
				t.Fatalf("the text was not printed:\n%s%s", got.Stdout, got.Stderr)
			}
			for line := range strings.Lines(got.Stdout + got.Stderr) {
				if line = strings.TrimSuffix(line, "\n"); !printable.Safe(line) || strings.HasPrefix(line, "error: forged") {
					t.Errorf("%q", line)
				}
			}
		})
	}
}
