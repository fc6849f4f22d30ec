package volume

import (
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// Mounted is a claim as a container of a job has it.
type Mounted struct {
	Mount
	Container string
	// Varies means that the sub-path depends on the pod: SubPath is then the
	// part of it that does not, so that the folders of all pods are below it.
	Varies bool
	// TaskPath is what TaskFolder reads; empty where the sub-path does not vary
	// with the number of a task, or not with that alone.
	TaskPath string
}

// MountsOf returns the claims that the containers of spec mount, in their order,
// each claim and path once.
func MountsOf(spec corev1.PodSpec) []Mounted {
	claims := map[string]*corev1.PersistentVolumeClaimVolumeSource{}
	for _, v := range spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			claims[v.Name] = v.PersistentVolumeClaim
		}
	}
	var all []Mounted
	seen := map[Mount]bool{}
	for _, container := range spec.Containers {
		for _, mount := range container.VolumeMounts {
			source, ok := claims[mount.Name]
			if !ok {
				continue
			}
			m := mounted(container, mount, source)
			if !seen[m.Mount] {
				seen[m.Mount] = true
				all = append(all, m)
			}
		}
	}
	return all
}

func mounted(container corev1.Container, mount corev1.VolumeMount, source *corev1.PersistentVolumeClaimVolumeSource) Mounted {
	m := Mounted{Container: container.Name, Mount: Mount{
		Claim: source.ClaimName, SubPath: mount.SubPath, Path: path.Clean(mount.MountPath),
		ReadOnly: source.ReadOnly || mount.ReadOnly,
	}}
	if mount.SubPathExpr != "" {
		m.SubPath, m.TaskPath, m.Varies = expand(mount.SubPathExpr, container.Env)
	}
	return m
}

// Written returns the claims that job leaves results on: the one that run gave it,
// else all that its pods write to, each once.
func Written(job *batchv1.Job) []string {
	if claim := job.Annotations[owner.ResultsAnnotation]; claim != "" {
		return []string{claim}
	}
	var claims []string
	for _, m := range MountsOf(job.Spec.Template.Spec) {
		if !m.ReadOnly && !slices.Contains(claims, m.Claim) {
			claims = append(claims, m.Claim)
		}
	}
	return claims
}
