package claim

import (
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Mounted is a claim as a container of a job mounts it.
type Mounted struct {
	Mount
	Container string
	// Init means that only an init container mounts it.
	Init bool
	// Pod is the pod that owns the claim of a generic ephemeral volume; "" for
	// any other claim.
	Pod string
	// Varies means that the sub-path depends on the pod: SubPath is then the constant
	// part of it, so that the directories of all pods are below it.
	Varies bool
	// TaskPath is the input of TaskFolder; empty if the sub-path does not vary
	// with the number of a task, or not only with it.
	TaskPath string
}

// MountsOf returns the claims that the containers of spec mount, in their order and
// those of init containers last, each claim and path once.
func MountsOf(spec corev1.PodSpec) []Mounted { return mountsOf(spec, "") }

// MountsOfPod returns the mounts of a pod, including the claims of its generic ephemeral volumes.
func MountsOfPod(pod *corev1.Pod) []Mounted { return mountsOf(pod.Spec, pod.Name) }

// source is the claim of a volume of a pod.
type source struct {
	claim    string
	readOnly bool
	pod      string
}

// sourcesOf returns the claims of spec by the names of their volumes. pod is the name of
// the pod, "" if unknown.
func sourcesOf(spec corev1.PodSpec, pod string) map[string]source {
	claims := map[string]source{}
	for _, v := range spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			claims[v.Name] = source{claim: v.PersistentVolumeClaim.ClaimName, readOnly: v.PersistentVolumeClaim.ReadOnly}
		case v.Ephemeral != nil && pod != "":
			claims[v.Name] = source{claim: EphemeralClaim(pod, v.Name), pod: pod}
		}
	}
	return claims
}

// EphemeralClaim returns the name that Kubernetes gives the claim of a generic ephemeral
// volume of a pod.
func EphemeralClaim(pod, volume string) string { return pod + "-" + volume }

// Ephemeral returns the names of the generic ephemeral volumes of spec.
func Ephemeral(spec corev1.PodSpec) []string {
	var names []string
	for _, v := range spec.Volumes {
		if v.Ephemeral != nil {
			names = append(names, v.Name)
		}
	}
	return names
}

func mountsOf(spec corev1.PodSpec, pod string) []Mounted {
	claims := sourcesOf(spec, pod)
	var mounts []Mounted
	listed := map[Mount]bool{}
	for i, container := range slices.Concat(spec.Containers, spec.InitContainers) {
		for _, mount := range container.VolumeMounts {
			origin, ok := claims[mount.Name]
			if !ok {
				continue
			}
			m := mounted(container, mount, origin)
			m.Init = i >= len(spec.Containers)
			if !listed[m.Mount] {
				listed[m.Mount] = true
				mounts = append(mounts, m)
			}
		}
	}
	return mounts
}

func mounted(container corev1.Container, mount corev1.VolumeMount, origin source) Mounted {
	m := Mounted{Container: container.Name, Pod: origin.pod, Mount: Mount{
		Claim: origin.claim, SubPath: mount.SubPath, Path: path.Clean(mount.MountPath),
		ReadOnly: origin.readOnly || mount.ReadOnly,
	}}
	if mount.SubPathExpr != "" {
		m.SubPath, m.TaskPath, m.Varies = expand(mount.SubPathExpr, container.Env)
	}
	return m
}

// Devices returns the claims that the containers of spec use as block devices, each once.
func Devices(spec corev1.PodSpec) []string {
	claims := sourcesOf(spec, "")
	var devices []string
	for _, container := range slices.Concat(spec.Containers, spec.InitContainers) {
		for _, device := range container.VolumeDevices {
			if origin, ok := claims[device.Name]; ok && !slices.Contains(devices, origin.claim) {
				devices = append(devices, origin.claim)
			}
		}
	}
	return devices
}

// Written returns the names of the claims that job writes results to, without duplicates: the results claim that run
// recorded, or else all claims that its pods mount for writing.
func Written(job *batchv1.Job) []string {
	if claim := job.Annotations[provenance.ResultsAnnotation]; claim != "" {
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
