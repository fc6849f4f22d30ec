package claim

import (
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Mounted is a claim as a container of a job has it.
type Mounted struct {
	Mount
	Container string
	// Init says that only an init container has it so.
	Init bool
	// Pod is the pod that owns the claim of a generic ephemeral volume; "" for a claim
	// with a life of its own.
	Pod string
	// Varies means that the sub-path depends on the pod: SubPath is then the
	// part of it that does not, so that the folders of all pods are below it.
	Varies bool
	// TaskPath is what TaskFolder reads; empty where the sub-path does not vary
	// with the number of a task, or not with that alone.
	TaskPath string
}

// MountsOf returns the claims that the containers of spec mount, in their order and
// those of init containers last, each claim and path once.
func MountsOf(spec corev1.PodSpec) []Mounted { return mountsOf(spec, "") }

// MountsOfPod returns those of a pod, also the claims of its generic ephemeral volumes.
func MountsOfPod(pod *corev1.Pod) []Mounted { return mountsOf(pod.Spec, pod.Name) }

// source is the claim that a volume of a pod is.
type source struct {
	claim    string
	readOnly bool
	pod      string
}

// sourcesOf returns the claims of spec by the names of their volumes. pod is the name of
// the pod, "" where it is not known.
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
	var all []Mounted
	seen := map[Mount]bool{}
	for i, container := range slices.Concat(spec.Containers, spec.InitContainers) {
		for _, mount := range container.VolumeMounts {
			from, ok := claims[mount.Name]
			if !ok {
				continue
			}
			m := mounted(container, mount, from)
			m.Init = i >= len(spec.Containers)
			if !seen[m.Mount] {
				seen[m.Mount] = true
				all = append(all, m)
			}
		}
	}
	return all
}

func mounted(container corev1.Container, mount corev1.VolumeMount, from source) Mounted {
	m := Mounted{Container: container.Name, Pod: from.pod, Mount: Mount{
		Claim: from.claim, SubPath: mount.SubPath, Path: path.Clean(mount.MountPath),
		ReadOnly: from.readOnly || mount.ReadOnly,
	}}
	if mount.SubPathExpr != "" {
		m.SubPath, m.TaskPath, m.Varies = expand(mount.SubPathExpr, container.Env)
	}
	return m
}

// Devices returns the claims that the containers of spec have as block devices, each once.
func Devices(spec corev1.PodSpec) []string {
	claims := sourcesOf(spec, "")
	var devices []string
	for _, container := range slices.Concat(spec.Containers, spec.InitContainers) {
		for _, device := range container.VolumeDevices {
			if from, ok := claims[device.Name]; ok && !slices.Contains(devices, from.claim) {
				devices = append(devices, from.claim)
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
