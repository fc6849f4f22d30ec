package spec

import (
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// without removes the volumes that match from the pods of job, with all their
// mounts.
func without(job *batchv1.Job, match func(corev1.VolumeSource) bool) {
	pod := &job.Spec.Template.Spec
	names := volumes(pod, match)
	pod.Volumes = slices.DeleteFunc(pod.Volumes, func(v corev1.Volume) bool { return names[v.Name] })
	for _, containers := range [][]corev1.Container{pod.InitContainers, pod.Containers} {
		for i := range containers {
			containers[i].VolumeMounts = slices.DeleteFunc(containers[i].VolumeMounts, func(m corev1.VolumeMount) bool { return names[m.Name] })
		}
	}
}

// WithoutClaim removes a claim from the pods of job.
func WithoutClaim(job *batchv1.Job, claim string) {
	without(job, ofClaim(claim))
	forgetClaim(job, claim)
}

// WithoutScript removes the script in a ConfigMap from the pods of job.
func WithoutScript(job *batchv1.Job, name string) {
	without(job, func(v corev1.VolumeSource) bool { return v.ConfigMap != nil && v.ConfigMap.Name == name })
}

// WithoutMounts removes the mounts at paths, each clean and absolute, from the container of job that flags change,
// and then the volumes without a mount. It returns
// descriptions for users of what it removed.
func WithoutMounts(job *batchv1.Job, paths ...string) (removed []string) {
	container, volumes := Default(&job.Spec.Template), map[string]bool{}
	container.VolumeMounts = slices.DeleteFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool {
		mountPath := path.Clean(m.MountPath)
		if !slices.Contains(paths, mountPath) {
			return false
		}
		volumes[m.Name] = true
		removed = append(removed, "volume "+m.Name+" at "+mountPath)
		return true
	})
	withoutUnused(job, volumes)
	return removed
}

// withoutUnused removes those of volumes that no container mounts, and the annotations of job
// about their claims.
func withoutUnused(job *batchv1.Job, volumes map[string]bool) {
	pod, former := &job.Spec.Template.Spec, Claims(job)
	for _, container := range slices.Concat(pod.InitContainers, pod.Containers) {
		for _, mount := range container.VolumeMounts {
			delete(volumes, mount.Name)
		}
	}
	pod.Volumes = slices.DeleteFunc(pod.Volumes, func(v corev1.Volume) bool { return volumes[v.Name] })
	remaining := Claims(job)
	for claim := range former {
		if _, stays := remaining[claim]; !stays {
			forgetClaim(job, claim)
		}
	}
}

// forgetClaim removes what is written on job about a claim that its pods had.
func forgetClaim(job *batchv1.Job, claim string) {
	if apart(&job.Spec.Template, claim); job.Annotations[provenance.ResultsAnnotation] == claim {
		delete(job.Annotations, provenance.ResultsAnnotation)
	}
}
