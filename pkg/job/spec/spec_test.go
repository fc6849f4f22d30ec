package spec_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// on is a claim at a path.
func on(pvc, subPath, path string) spec.Mount {
	return spec.Mount{Mount: claim.Mount{Claim: pvc, SubPath: subPath, Path: path}}
}

// What run writes of a job is what fetch and list read.
func TestMountsAreReadBack(t *testing.T) {
	readOnly := on("data", "in", "/in")
	readOnly.ReadOnly = true
	mounts := []spec.Mount{readOnly, on("data", "", "/out")}
	created := spec.Job{Name: "train", Storage: spec.Storage{Mounts: mounts}}.New()
	for i, got := range claim.MountsOf(created.Spec.Template.Spec) {
		if want := (claim.Mounted{Mount: mounts[i].Mount, Container: "train"}); got != want {
			t.Errorf("%+v; want %+v", got, want)
		}
	}
}

// The directory of a task is the one that fetch --task reads, even
// below a directory with a name that looks like a variable.
func TestTaskFoldersAreReadBack(t *testing.T) {
	for _, subPath := range []string{"", "runs/7", "$(x)", "a$$b"} {
		mount := on("data", subPath, "/results")
		mount.PerTask = true
		created := spec.Job{Name: "train", Storage: spec.Storage{Mounts: []spec.Mount{mount}}, Lifecycle: spec.Lifecycle{Array: &spec.Array{Tasks: 4}}}.New()
		got := claim.MountsIn(created)
		folder, ok := got[0].TaskFolder(3)
		if len(got) != 1 || !ok || got[0].SubPath != subPath || folder != "3" {
			t.Errorf("%q: %+v, %q, %v", subPath, got, folder, ok)
		}
	}
}

// The longest name that run accepts gives names that the API server accepts.
func TestNamesAtTheirLimit(t *testing.T) {
	name := strings.Repeat("a", validation.DNS1123LabelMaxLength)
	longest := strings.Repeat("b", validation.DNS1123SubdomainMaxLength)
	created := spec.Job{Name: name, Storage: spec.Storage{Mounts: []spec.Mount{on(claim.ResultsName(name), "", "/results")}}}.New()
	for subject, problems := range map[string][]string{
		"container":   validation.IsDNS1123Label(created.Spec.Template.Spec.Containers[0].Name),
		"volume":      validation.IsDNS1123Label(created.Spec.Template.Spec.Volumes[0].Name),
		"claim":       validation.IsDNS1123Subdomain(claim.ResultsName(name)),
		"job label":   validation.IsValidLabelValue(claim.Spec{Job: name}.Claim().Labels[provenance.JobLabel]),
		"owner label": validation.IsValidLabelValue(provenance.Identity{Name: strings.Repeat("ü", 300)}.Hash()),
		"claim label": validation.IsQualifiedName(provenance.ClaimLabel(longest)),
		"same length": validation.IsQualifiedName(provenance.ClaimLabel(longest[:63])),
	} {
		if len(problems) > 0 {
			t.Errorf("%s: %v", subject, problems)
		}
	}
	if provenance.ClaimLabel(longest) == provenance.ClaimLabel(longest[:252]) {
		t.Error("two claims have one label")
	}
}

// Laying a request over a job twice is laying it once.
func TestOverIsStable(t *testing.T) {
	request := spec.Job{
		Name: "train", Namespace: "lab", RunAs: &spec.User{UID: 7},
		Container: spec.Container{Image: "i", Env: []corev1.EnvVar{{Name: "A", Value: "1"}}, PullSecrets: []string{"r"}},
		Storage:   spec.Storage{OneNode: []spec.OneNode{{Claim: "data", Together: true}}},
		Lifecycle: spec.Lifecycle{Array: &spec.Array{Tasks: 3}, RetryOn: []int32{75}},
	}
	once := request.New()
	twice := once.DeepCopy()
	request.Apply(twice)
	if diff := cmp.Diff(once, twice); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestWithoutClaim(t *testing.T) {
	request := spec.Job{Name: "train", Storage: spec.Storage{
		Mounts:  []spec.Mount{on("data", "", "/data"), on("old", "", "/results"), on("old", "x", "/x")},
		OneNode: []spec.OneNode{{Claim: "old", Together: true}, {Claim: "data", Together: true}},
	}}
	created := request.New()
	spec.WithoutClaim(created, "old")
	pod := created.Spec.Template.Spec
	terms := pod.Affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if len(pod.Volumes) != 1 || len(pod.Containers[0].VolumeMounts) != 1 || len(terms) != 1 || terms[0].LabelSelector.MatchLabels["claim.kubectl-batch.github.io/data"] != "" {
		t.Errorf("%+v", pod)
	}
	if diff := cmp.Diff(map[string]bool{"data": true}, spec.Claims(created)); diff != "" {
		t.Error(diff)
	}
}

// Values that a cluster has added are removed; values that a user may have written are kept.
func TestBare(t *testing.T) {
	yes := true
	manual := faketest.Job("own", func(j *batchv1.Job) { j.Spec.ManualSelector = &yes })
	if bare := spec.Bare(manual); bare.Spec.Selector == nil || bare.UID != "" {
		t.Errorf("%+v", bare)
	}
	if copied := spec.Again(manual); copied.Spec.Selector != nil {
		t.Errorf("it would take the pods of the first: %+v", copied.Spec.Selector)
	}
	original := faketest.Job("kept", faketest.Annotated("note", "x"), faketest.Annotated(provenance.FetchedAnnotation, "now"), func(j *batchv1.Job) {
		j.OwnerReferences = []metav1.OwnerReference{{Name: "cron"}}
		j.Spec.Suspend = &yes
	})
	copied := spec.Again(original)
	if diff := cmp.Diff(map[string]string{"note": "x"}, copied.Annotations); diff != "" || copied.OwnerReferences != nil || copied.Spec.Suspend != nil {
		t.Errorf("%+v", copied)
	}
	if spec.Bare(original).Annotations[provenance.FetchedAnnotation] != "now" || original.Spec.Selector == nil {
		t.Error("Bare changed what it should not")
	}
}
