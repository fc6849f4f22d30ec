// Package helper runs the helper pod: a small, short-lived pod that mounts a
// claim read-only so that the files on it can be read. It promises to remove
// what it made, and that the pod ends by itself where the client cannot.
package helper

import (
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// DefaultImage has a shell and a tar and comes from a registry without pull limits.
const DefaultImage = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"

// MountPath is where the claim is mounted in the helper.
const MountPath = "/volume"

// Container is the name of the helper's only container.
const Container = "helper"

const (
	// lifetime of a helper, whatever happens: sites destroy bare pods after 6 hours.
	lifetime = 6 * time.Hour
	// idle is how long a helper stays when no client does anything in it.
	idle = time.Minute
)

// main is what the helper runs: it ends when no other process was in the pod
// for as many seconds as its argument says. A process without an exe is a
// zombie and does not count.
const main = `trap 'exit 0' TERM INT
idle=0
while [ "$idle" -lt "$1" ]; do
  sleep 5 & wait "$!"
  idle=$((idle + 5))
  for p in /proc/[0-9]*; do
    [ "$p" = /proc/1 ] || ! [ -e "$p/exe" ] || idle=0
  done # for
done`

// Spec is a helper that can be made as it stands.
type Spec struct {
	Namespace string
	// Claim and SubPath are what it mounts, read-only.
	Claim, SubPath string
	// Job is the name of the job the results are of, "" where it is not known.
	Job string
	// Parent deletes the helper with it; nil where nothing does.
	Parent *metav1.OwnerReference
	Image  string
	// Node is where the pod must run; "" leaves it to the scheduler.
	Node        string
	Identity    Identity
	Tolerations []corev1.Toleration
	PullSecrets []corev1.LocalObjectReference
	CPU, Memory resource.Quantity
	Owner       owner.Identity
}

// Pod returns the object to create. It fits PodSecurity "restricted" unless the
// identity is root.
func (s Spec) Pod() *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "fetch-" + strings.Trim(s.Claim[:min(len(s.Claim), 50)], "-.") + "-",
			Namespace:    s.Namespace,
			// Meshes must not add containers to it, autoscalers must not move it.
			Labels: map[string]string{"sidecar.istio.io/inject": "false"},
			Annotations: map[string]string{
				"sidecar.istio.io/inject": "false", "linkerd.io/inject": "disabled",
				"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true",
			},
		},
		Spec: s.podSpec(),
	}
	s.Owner.Stamp(&pod.ObjectMeta)
	metav1.SetMetaDataLabel(&pod.ObjectMeta, owner.ComponentLabel, owner.HelperComponent)
	if s.Job != "" {
		metav1.SetMetaDataLabel(&pod.ObjectMeta, owner.JobLabel, s.Job)
	}
	if s.Parent != nil {
		pod.OwnerReferences = []metav1.OwnerReference{*s.Parent}
	}
	return pod
}

func (s Spec) podSpec() corev1.PodSpec {
	no, grace, deadline := false, int64(1), int64(lifetime.Seconds())
	return corev1.PodSpec{
		RestartPolicy:                 corev1.RestartPolicyNever,
		ActiveDeadlineSeconds:         &deadline,
		TerminationGracePeriodSeconds: &grace,
		AutomountServiceAccountToken:  &no,
		EnableServiceLinks:            &no,
		NodeSelector:                  map[string]string{corev1.LabelOSStable: "linux"},
		Affinity:                      onNode(s.Node),
		Tolerations:                   s.Tolerations,
		ImagePullSecrets:              s.PullSecrets,
		SecurityContext:               s.Identity.podSecurity(),
		Volumes: []corev1.Volume{{Name: "volume", VolumeSource: corev1.VolumeSource{
			// Read-only at the source: with readOnly on the mount alone kubelet
			// may still change the owner of the user's files to an fsGroup.
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: s.Claim, ReadOnly: true},
		}}},
		Containers: []corev1.Container{s.container()},
	}
}

func (s Spec) container() corev1.Container {
	resources := corev1.ResourceList{corev1.ResourceCPU: s.CPU, corev1.ResourceMemory: s.Memory}
	return corev1.Container{
		Name: Container, Image: s.Image,
		Command:         []string{"sh", "-c", main, "helper", strconv.Itoa(int(idle.Seconds()))},
		Resources:       corev1.ResourceRequirements{Requests: resources, Limits: resources},
		SecurityContext: s.Identity.containerSecurity(),
		VolumeMounts:    []corev1.VolumeMount{{Name: "volume", MountPath: MountPath, SubPath: s.SubPath, ReadOnly: true}},
	}
}

// onNode requires a node through the scheduler: spec.nodeName would skip taints
// and the binding of volumes.
func onNode(name string) *corev1.Affinity {
	if name == "" {
		return nil
	}
	term := corev1.NodeSelectorTerm{MatchFields: []corev1.NodeSelectorRequirement{
		{Key: metav1.ObjectNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{name}},
	}}
	return &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{term}},
	}}
}

// podSecurity puts an fsGroup among the supplementary groups: that gives the
// access without letting kubelet change the owner of anything.
func (i Identity) podSecurity() *corev1.PodSecurityContext {
	nonRoot := !i.Root()
	return &corev1.PodSecurityContext{
		RunAsUser: i.UID, RunAsGroup: i.GID, RunAsNonRoot: &nonRoot, SupplementalGroups: i.Groups, SELinuxOptions: i.SELinux,
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// containerSecurity drops all that can be dropped. Root without DAC_OVERRIDE
// could not read other users' 0600 files.
func (i Identity) containerSecurity() *corev1.SecurityContext {
	yes, no := true, false
	capabilities := &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}}
	if i.Root() {
		capabilities.Add = []corev1.Capability{"DAC_OVERRIDE"}
	}
	return &corev1.SecurityContext{AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Capabilities: capabilities}
}

// ParentOf returns the reference that deletes a helper with job, and nil for a
// job with a TTL: that would take the helper away under a running fetch.
func ParentOf(job *batchv1.Job) *metav1.OwnerReference {
	if job == nil || job.Spec.TTLSecondsAfterFinished != nil {
		return nil
	}
	return &metav1.OwnerReference{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID}
}
