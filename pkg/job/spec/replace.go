package spec

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

// Shared gives all tasks one directory on a claim that the pods of job write to.
func Shared(job *batchv1.Job, pvc string) {
	for _, m := range claim.MountsIn(job) {
		if m.Claim == pvc && !m.ReadOnly && m.Varies {
			eachMount(job, pvc, func(mount *corev1.VolumeMount) { mount.SubPath, mount.SubPathExpr = m.SubPath, "" })
		}
	}
}

// Place moves a claim that the pods of job write to elsewhere in the container.
func Place(job *batchv1.Job, claim, mountPath string) {
	eachMount(job, claim, func(mount *corev1.VolumeMount) { mount.MountPath = mountPath })
}

// eachMount changes how the container that flags are about writes to a claim.
func eachMount(job *batchv1.Job, claim string, change func(*corev1.VolumeMount)) {
	names, container := volumes(&job.Spec.Template.Spec, ofClaim(claim)), Default(&job.Spec.Template)
	for i := range container.VolumeMounts {
		if mount := &container.VolumeMounts[i]; names[mount.Name] && !mount.ReadOnly {
			change(mount)
		}
	}
}

// volumes returns the names of the volumes of pod that match.
func volumes(pod *corev1.PodSpec, match func(corev1.VolumeSource) bool) map[string]bool {
	names := map[string]bool{}
	for _, v := range pod.Volumes {
		names[v.Name] = match(v.VolumeSource)
	}
	return names
}

func ofClaim(claim string) func(corev1.VolumeSource) bool {
	return func(v corev1.VolumeSource) bool {
		return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim
	}
}
