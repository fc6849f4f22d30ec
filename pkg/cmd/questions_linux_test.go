package cmd

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/test/terminal"
)

// answerPrompt runs a command at a terminal, presses answer at its question, and returns what the terminal showed before that.
func answerPrompt(t *testing.T, cluster *faketest.Cluster, answer string, args ...string) (shown string, got result) {
	t.Helper()
	open := terminal.Open(t.Fatalf, t.Cleanup)
	ended := make(chan result)
	go func() {
		ended <- executeAs(t, cluster, func(f *factory.Factory) {
			f.Streams.In, f.Streams.ErrOut = open.Program, open.Program
		}, args...)
	}()
	shown = open.Until("a question", func(shown string) bool { return strings.HasSuffix(shown, "[y/N] ") })
	open.Press(answer + "\n")
	return strings.ReplaceAll(shown, "\r\n", "\n"), <-ended
}

// ephemeralOut gives the container of a job a generic ephemeral volume at /out.
func ephemeralOut(job *batchv1.Job) {
	spec := &job.Spec.Template.Spec
	spec.Volumes = append(spec.Volumes, corev1.Volume{Name: "out", VolumeSource: corev1.VolumeSource{Ephemeral: &corev1.EphemeralVolumeSource{}}})
	spec.Containers[0].VolumeMounts = append(spec.Containers[0].VolumeMounts, corev1.VolumeMount{Name: "out", MountPath: "/out"})
}

func active(job *batchv1.Job) { job.Status.Active = 1 }

// The question of cancel names all that is deleted with the pods of the jobs.
func TestCancelNamesWhatIsLost(t *testing.T) {
	saved := "--save-logs=" + t.TempDir()
	for name, test := range map[string]struct {
		jobs []func(*batchv1.Job)
		args []string
		want string
	}{
		"logs":                    {[]func(*batchv1.Job){active}, nil, "permanently? Pods that have not ended are deleted, with their logs. [y/N] "},
		"no pod":                  {[]func(*batchv1.Job){ephemeralOut}, nil, "permanently? [y/N] "},
		"an emptyDir volume":      {[]func(*batchv1.Job){active, onEmptyDir}, nil, "permanently? Pods that have not ended are deleted, with their logs and with the files on their volume scratch. [y/N] "},
		"an ephemeral volume":     {[]func(*batchv1.Job){active, ephemeralOut, onEmptyDir}, nil, "with their logs and with the files on their volumes out, scratch. [y/N] "},
		"beside a claim":          {[]func(*batchv1.Job){active, withResults, ephemeralOut, onEmptyDir}, nil, "with their logs and with the files on their volume out. [y/N] "},
		"scratch beside a claim":  {[]func(*batchv1.Job){active, withResults, onEmptyDir}, nil, "Pods that have not ended are deleted, with their logs. [y/N] "},
		"saved logs":              {[]func(*batchv1.Job){active}, []string{saved}, "permanently? Logs are saved in " + saved[len("--save-logs="):] + ". [y/N] "},
		"saved logs, not volumes": {[]func(*batchv1.Job){active, ephemeralOut}, []string{saved}, ". Pods that have not ended are deleted, with the files on their volume out. [y/N] "},
	} {
		t.Run(name, func(t *testing.T) {
			shown, got := answerPrompt(t, faketest.New(faketest.Job("a", test.jobs...)), "n", append([]string{"cancel", "a"}, test.args...)...)
			if !strings.HasSuffix(shown, test.want) || got.Status != 1 || len(got.Changes) > 0 {
				t.Errorf("%q, %+v; want %q", shown, got, test.want)
			}
		})
	}
	got := execute(t, faketest.New(faketest.Job("a", active, ephemeralOut)), "cancel", "a", "-y")
	if want := "The pods of job a that have not ended are deleted, with their logs and with the files on their volume out\n"; got.Stderr != want || got.Status != 0 {
		t.Errorf("%+v; want %q", got, want)
	}
}

// Results that were not fetched are named before the question, and the helper pods that are deleted too.
func TestPurgeNamesLossesBeforeItAsks(t *testing.T) {
	train, leftover := done("train", time.Hour, made("train-results")), helperPod("left", corev1.PodSucceeded, time.Minute)
	cluster := func() *faketest.Cluster { return faketest.New(train, results(corev1.ClaimBound, "1Gi"), leftover) }
	args := []string{"purge", "--volumes", "--discard-unfetched"}
	const (
		losses   = "Helper pods of interrupted fetches are also deleted: fetch-left\nResults that were not fetched will be lost: train-results\n"
		question = "Delete 1 job, 1 claim (1.0GiB)? [y/N] "
	)
	shown, got := answerPrompt(t, cluster(), "n", args...)
	if !strings.HasSuffix(shown, "\n"+losses+question) || got.Status != 1 || len(got.Changes) > 0 {
		t.Errorf("no: %q, %+v", shown, got)
	}
	shown, got = answerPrompt(t, cluster(), "y", args...)
	equal(t, got.Changes, []string{deletes("train"), deletesClaim("train"), "delete pods fetch-left uid=uid-fetch-left"})
	if !strings.HasSuffix(shown, losses+question) || got.Status != 0 {
		t.Errorf("yes: %q, %+v", shown, got)
	}
	if got := execute(t, cluster(), append(args, "--dry-run")...); got.Stderr != "Results that were not fetched will be lost: train-results\nHelper pods of interrupted fetches are also deleted: fetch-left\n" || len(got.Changes) > 0 {
		t.Errorf("dry run: %+v", got)
	}
}
