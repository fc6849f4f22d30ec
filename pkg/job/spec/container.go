package spec

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// GPUResource is the default resource name of GPUs.
const GPUResource corev1.ResourceName = "nvidia.com/gpu"

// Container is what runs.
type Container struct {
	Image      string
	PullPolicy corev1.PullPolicy
	// PullSecrets are the names of Secrets for the image's registry.
	PullSecrets    []string
	ServiceAccount string

	// Command replaces the image's ENTRYPOINT and CMD together with Args. Args
	// alone keep the ENTRYPOINT.
	Command, Args []string
	WorkDir       string

	Env     []corev1.EnvVar
	EnvFrom []corev1.EnvFromSource

	// Requests and Limits, by resource.
	Requests, Limits corev1.ResourceList
	// GPUs means that Requests and Limits contain all GPUs of the container:
	// GPUs that it had before are dropped.
	GPUs bool
}

func (c Container) applyTo(pod *corev1.PodSpec, container *corev1.Container) {
	set(&container.Image, c.Image)
	set(&container.ImagePullPolicy, c.PullPolicy)
	set(&container.WorkingDir, c.WorkDir)
	set(&pod.ServiceAccountName, c.ServiceAccount)
	if c.ServiceAccount != "" {
		pod.DeprecatedServiceAccount = "" // an older name of the same field
	}
	for _, name := range c.PullSecrets {
		if ref := (corev1.LocalObjectReference{Name: name}); !slices.Contains(pod.ImagePullSecrets, ref) {
			pod.ImagePullSecrets = append(pod.ImagePullSecrets, ref)
		}
	}
	switch {
	case c.Command != nil:
		container.Command, container.Args = c.Command, c.Args
	case c.Args != nil:
		container.Args = c.Args
	}
	for _, variable := range c.Env {
		container.Env = SetVariable(container.Env, variable)
	}
	container.EnvFrom = append(container.EnvFrom, c.EnvFrom...)
	if c.GPUs {
		maps.DeleteFunc(container.Resources.Requests, isGPU)
		maps.DeleteFunc(container.Resources.Limits, isGPU)
	}
	container.Resources.Requests = quantities(container.Resources.Requests, c.Requests)
	container.Resources.Limits = quantities(container.Resources.Limits, c.Limits)
}

// isGPU reports whether a resource is a GPU or a part of one, going by the names
// that the makers' device plugins use: nvidia.com/gpu, nvidia.com/mig-1g.5gb,
// amd.com/gpu, gpu.intel.com/i915.
func isGPU(name corev1.ResourceName, _ resource.Quantity) bool {
	domain, kind, qualified := strings.Cut(string(name), "/")
	return qualified && (strings.HasPrefix(kind, "gpu") || strings.HasPrefix(kind, "mig-") || strings.HasPrefix(domain, "gpu."))
}

// set writes value to field, unless value is zero.
func set[T comparable](field *T, value T) {
	var nothing T
	if value != nothing {
		*field = value
	}
}

// SetVariable replaces the variable of that name in env, or adds it at the end:
// a variable may refer to those before it.
func SetVariable(env []corev1.EnvVar, variable corev1.EnvVar) []corev1.EnvVar {
	if i := slices.IndexFunc(env, func(e corev1.EnvVar) bool { return e.Name == variable.Name }); i >= 0 {
		env[i] = variable
		return env
	}
	return append(env, variable)
}

func quantities(current, requested corev1.ResourceList) corev1.ResourceList {
	for name, quantity := range requested {
		if current == nil {
			current = corev1.ResourceList{}
		}
		current[name] = quantity
	}
	return current
}
