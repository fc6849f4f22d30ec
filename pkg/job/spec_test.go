package job_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

func TestJob(t *testing.T) {
	day := int32(86400)
	for name, spec := range map[string]job.Spec{
		"minimal": {Name: "train", Namespace: "lab", Image: "localhost/train:1"},
		"everything": {
			Name: "train", Namespace: "lab", Image: "localhost/train:1", Command: []string{"python", "train.py", "--epochs", "10"},
			Env: []corev1.EnvVar{{Name: "SEED", Value: "7"}, {Name: "EMPTY"}},
			Resources: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("500m"), corev1.ResourceMemory: resource.MustParse("16Gi"), job.GPUResource: resource.MustParse("2"),
			},
			PullPolicy: corev1.PullAlways, Results: "train-results", BackoffLimit: 3, TTLSeconds: &day,
			Mounts: []volume.Mount{{Claim: "data", SubPath: "set/a", Path: "/data", ReadOnly: true}, {Claim: "train-results", Path: "/results"}},
			Owner:  owner.Identity{Name: "ada@example.org"},
		},
		"one-claim-twice": {Name: "train", Namespace: "lab", Image: "i", Mounts: []volume.Mount{
			{Claim: "data", SubPath: "in", Path: "/in"}, {Claim: "data", SubPath: "out", Path: "/out"},
		}},
		"read-only-beside-writable": {Name: "train", Namespace: "lab", Image: "i", Mounts: []volume.Mount{
			{Claim: "data", SubPath: "in", Path: "/in", ReadOnly: true}, {Claim: "data", SubPath: "out", Path: "/out"}, {Claim: "more", Path: "/more"},
		}},
	} {
		t.Run(name, func(t *testing.T) { faketest.GoldenYAML(t, "job-"+name, spec.Job()) })
	}
}

// What run writes of a job is what fetch and list read.
func TestJobIsReadBack(t *testing.T) {
	mounts := []volume.Mount{{Claim: "data", SubPath: "in", Path: "/in", ReadOnly: true}, {Claim: "data", Path: "/out"}}
	made := job.Spec{Name: "train", Image: "i", Mounts: mounts}.Job()
	for i, got := range volume.MountsOf(made.Spec.Template.Spec) {
		if want := (volume.Mounted{Mount: mounts[i], Container: "train"}); got != want {
			t.Errorf("%+v; want %+v", got, want)
		}
	}
}

// The longest name that run takes gives names that the API server takes.
func TestJobNamesAtTheirLimit(t *testing.T) {
	name := strings.Repeat("a", validation.DNS1123LabelMaxLength)
	made := job.Spec{Name: name, Results: volume.ResultsName(name), Mounts: []volume.Mount{{Claim: volume.ResultsName(name), Path: "/results"}}}.Job()
	for what, problems := range map[string][]string{
		"container":    validation.IsDNS1123Label(made.Spec.Template.Spec.Containers[0].Name),
		"volume":       validation.IsDNS1123Label(made.Spec.Template.Spec.Volumes[0].Name),
		"claim":        validation.IsDNS1123Subdomain(volume.ResultsName(name)),
		"job label":    validation.IsValidLabelValue(volume.Spec{Job: name}.Claim().Labels[owner.JobLabel]),
		"owner label":  validation.IsValidLabelValue(owner.Identity{Name: strings.Repeat("ü", 300)}.Hash()),
		"longest name": validation.IsDNS1123Label(name),
	} {
		if len(problems) > 0 {
			t.Errorf("%s: %v", what, problems)
		}
	}
}
