package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// The server writes its default policy into every Job that it stores. A copy of such a Job gets the policy of run, with
// a note; a manifest that was never stored keeps the policy that it names.
func TestJobsReplaceEndedPodsOnly(t *testing.T) {
	const note = "Note: podReplacementPolicy is set to Failed instead of TerminatingOrFailed: a pod is replaced only after it has ended"
	const anyPod, ended = batchv1.TerminatingOrFailed, batchv1.Failed
	manifest := func(metadata, spec, end string) string {
		return "apiVersion: batch/v1\nkind: Job\nmetadata: {name: fit" + metadata + "}\nspec:\n  " + spec +
			"\n  template: {spec: {restartPolicy: Never, containers: [{name: main, image: localhost/train:1}]}}\n" + end
	}
	stored := func(policy batchv1.PodReplacementPolicy) func(*batchv1.Job) {
		return func(job *batchv1.Job) { job.Spec.PodReplacementPolicy = &policy }
	}
	const named = "podReplacementPolicy: TerminatingOrFailed"
	for name, test := range map[string]struct {
		original *batchv1.Job
		manifest string
		want     batchv1.PodReplacementPolicy
		note     bool
	}{
		"rerun of a stored default":     {faketest.Job("old", stored(anyPod)), "", ended, true},
		"rerun of a job of run":         {faketest.Job("old", stored(ended)), "", ended, false},
		"rerun without a policy":        {faketest.Job("old"), "", ended, false},
		"exported, with a UID":          {nil, manifest(", uid: u-1", named, ""), ended, true},
		"exported, with a status":       {nil, manifest("", named, "status: {succeeded: 1}\n"), ended, true},
		"exported, of run":              {nil, manifest(", uid: u-1", "podReplacementPolicy: Failed", ""), ended, false},
		"never stored":                  {nil, manifest("", named, ""), anyPod, false},
		"never stored, with status: {}": {nil, manifest("", named, "status: {}\n"), anyPod, false},
		"never stored, without one":     {nil, manifest("", "backoffLimit: 2", ""), ended, false},
	} {
		t.Run(name, func(t *testing.T) {
			cluster, args := faketest.New(), []string{"rerun", "old", "--name=fit"}
			if test.original != nil {
				cluster = faketest.New(test.original)
			} else {
				file := filepath.Join(t.TempDir(), "job.yaml")
				if err := os.WriteFile(file, []byte(test.manifest), 0o600); err != nil {
					t.Fatal(err)
				}
				args = []string{"run", "-f", file}
			}
			got := execute(t, cluster, args...)
			if got.Status != 0 || strings.Contains(got.Stderr, note) != test.note || strings.Contains(got.Stderr, "podReplacementPolicy") != test.note {
				t.Fatalf("%+v; want the note: %v", got, test.note)
			}
			if policy := cluster.Job(t, "fit").Spec.PodReplacementPolicy; policy == nil || *policy != test.want {
				t.Errorf("%v; want %s", policy, test.want)
			}
		})
	}
}
