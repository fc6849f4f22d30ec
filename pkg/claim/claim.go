// Package claim handles PersistentVolumeClaims: how a results claim is created,
// which claim of a job holds a path, which pods use a claim, and whether its results
// were fetched.
//
// It reads the users of a claim from the cluster each time. A claim counts as unfetched
// unless its annotation records a fetch.
package claim

import (
	"errors"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// ResultsPath is where the results volume is mounted in the job.
const ResultsPath = "/results"

// ResultsName returns the name of the results claim of a job.
func ResultsName(job string) string { return job + "-results" }

// Spec describes a results claim.
type Spec struct {
	Name      string
	Namespace string
	// Job is the name of the job that writes the results.
	Job string
	// Size is the requested size.
	Size resource.Quantity
	// Class is the storage class; "" for the cluster's default.
	Class string
	// Access is the access mode; "" for ReadWriteOnce.
	Access corev1.PersistentVolumeAccessMode
	// Owner is the user that the claim is created for.
	Owner provenance.Identity
}

// ParseAccess reads an access mode as kubectl shows it (RWO) or in full; "" is
// ReadWriteOnce. It refuses read-only modes, because a job writes its results.
func ParseAccess(text string) (corev1.PersistentVolumeAccessMode, error) {
	switch text {
	case "", "RWO", string(corev1.ReadWriteOnce):
		return corev1.ReadWriteOnce, nil
	case "RWX", string(corev1.ReadWriteMany):
		return corev1.ReadWriteMany, nil
	case "RWOP", string(corev1.ReadWriteOncePod):
		return corev1.ReadWriteOncePod, nil
	case "ROX", string(corev1.ReadOnlyMany):
		return "", errors.New("the job cannot write results to a read-only claim; must be RWO, RWX or RWOP")
	}
	return "", errors.New("must be RWO, RWX or RWOP")
}

// Claim returns the object to create. It has no ownerReference: deleting a Job
// never deletes results.
func (s Spec) Claim() *corev1.PersistentVolumeClaim {
	access := s.Access
	if access == "" {
		access = corev1.ReadWriteOnce
	}
	claim := &corev1.PersistentVolumeClaim{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
		ObjectMeta: metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{access},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: s.Size}},
		},
	}
	if s.Class != "" {
		claim.Spec.StorageClassName = &s.Class
	}
	s.Owner.Stamp(&claim.ObjectMeta)
	metav1.SetMetaDataLabel(&claim.ObjectMeta, provenance.ComponentLabel, provenance.ResultsComponent)
	metav1.SetMetaDataLabel(&claim.ObjectMeta, provenance.JobLabel, s.Job)
	return claim
}

// Size returns the capacity of a bound claim, otherwise the requested size.
func Size(claim *corev1.PersistentVolumeClaim) resource.Quantity {
	if size, ok := claim.Status.Capacity[corev1.ResourceStorage]; ok {
		return size
	}
	return claim.Spec.Resources.Requests[corev1.ResourceStorage]
}

// OnlyNode reports whether a claim can be used from one node at a time.
func OnlyNode(claim *corev1.PersistentVolumeClaim) bool {
	for _, mode := range claim.Spec.AccessModes {
		if mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany {
			return false
		}
	}
	return true
}

// OnlyPod reports whether a claim can be used by one pod at a time.
func OnlyPod(claim *corev1.PersistentVolumeClaim) bool {
	modes := claim.Spec.AccessModes
	return len(modes) == 1 && modes[0] == corev1.ReadWriteOncePod
}
