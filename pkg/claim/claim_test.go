package claim_test

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

func TestClaim(t *testing.T) {
	for name, spec := range map[string]claim.Spec{
		"minimal": {Name: "train-results", Namespace: "lab", Job: "train", Size: resource.MustParse("500Mi")},
		"owned":   {Name: "train-results", Namespace: "lab", Job: "train", Size: resource.MustParse("1.5Gi"), Owner: provenance.Identity{Name: "oidc:dev lovelace"}},
	} {
		t.Run(name, func(t *testing.T) { faketest.GoldenYAML(t, "claim-"+name, spec.Claim()) })
	}
}

func TestClaimAccess(t *testing.T) {
	type access struct{ Node, Pod bool }
	for name, test := range map[string]struct {
		modes []corev1.PersistentVolumeAccessMode
		want  access
	}{
		"one node":       {[]corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}, access{Node: true}},
		"one pod":        {[]corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}, access{Node: true, Pod: true}},
		"many":           {[]corev1.PersistentVolumeAccessMode{corev1.ReadWriteMany}, access{}},
		"one or many":    {[]corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce, corev1.ReadOnlyMany}, access{}},
		"none is stated": {nil, access{Node: true}},
	} {
		t.Run(name, func(t *testing.T) {
			pvc := &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{AccessModes: test.modes}}
			if got := (access{claim.OnlyNode(pvc), claim.OnlyPod(pvc)}); got != test.want {
				t.Errorf("%+v; want %+v", got, test.want)
			}
		})
	}
}

func TestClaimSize(t *testing.T) {
	pvc := claim.Spec{Size: resource.MustParse("1Gi")}.Claim()
	if got := claim.Size(pvc); got.String() != "1Gi" {
		t.Errorf("as asked: %s", got.String())
	}
	pvc.Status.Capacity = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("8Gi")}
	if got := claim.Size(pvc); got.String() != "8Gi" {
		t.Errorf("as bound: %s", got.String())
	}
}
