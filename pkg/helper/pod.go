// Package helper runs the helper pod: a small, short-lived pod that mounts a
// claim read-only so that its files can be read. The package deletes every pod that it
// created, and a pod whose client was killed ends by itself.
package helper

import (
	_ "embed"
	"strconv"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// DefaultImage has a shell and a tar. Its registry has no pull limits.
const DefaultImage = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"

// MountPath is where the claim is mounted in the helper pod.
const MountPath = "/volume"

// Container is the name of the helper pod's only container.
const Container = "helper"

// Paths of the agent in the helper pod. The main process executes the agent once it is present.
const (
	// AgentDir is an emptyDir, the only writable directory in a helper pod.
	AgentDir = "/agent"
	// AgentPath is where Install writes the agent.
	AgentPath = AgentDir + "/batch-agent"
	// SocketPath is the Unix socket that the agent serves.
	SocketPath = AgentDir + "/socket"
)

// Lifetime is the longest time that a helper pod may run: some sites delete pods without a controller
// after 6 hours. A Session replaces its pod before that.
const Lifetime = 5 * time.Hour

const (
	// idleLimit is how long a helper pod without an agent runs while no client runs
	// a process in it.
	idleLimit = time.Minute
	// pollInterval is how often the main script checks this.
	pollInterval = 5 * time.Second
	// agentSpace limits AgentDir, in bytes. It must hold the agent twice, while it is replaced, and the
	// chunks that are being copied to a bucket.
	agentSpace = 1 << 30
	// idleCPU is the CPU request of a helper pod, in millicores. The pod waits more than it computes,
	// and a pod that is left over must not take the resources of a job.
	idleCPU = 50
	// randomLength is the number of random characters in a helper pod's name.
	randomLength = 8
	// labelLength is the longest name that is also a valid host name.
	labelLength = 63
)

// main is the script that the helper pod runs, with the arguments TURNS TURN DIR ROOT SELF SUBPATH. It executes
// the agent as soon as DIR holds it; it looks every TURN seconds, and when it receives USR1.
// It exits if TURNS successive looks find no other process than SELF, which is its directory in /proc.
// A process without an exe is a zombie and does not count. A shell interrupts a sleep only
// if the sleep runs in the background. Kubernetes replaces two dollar signs by one, so that
// the script cannot use $$.
//
//go:embed main.sh
var main string

// Spec describes a helper pod.
type Spec struct {
	Namespace string
	// Claim is mounted read-only. SubPath is the directory or file on it that
	// the agent serves; "" is the whole claim. The pod mounts the whole claim,
	// because kubelet waits forever for a sub-path that does not exist.
	Claim, SubPath string
	// Job is the name of the job that wrote the results; "" if unknown.
	Job string
	// Parent is the owner of the pod, which is deleted with it; nil for none.
	Parent *metav1.OwnerReference
	// Image is the image of the helper pod; it must have a shell.
	Image string
	// JobImage is the image of the job, "" if unknown. With Fallback, it
	// is used if Image cannot be pulled: it is usually on the
	// node already, and the site's policy allows it.
	JobImage string
	Fallback bool
	// Node is the name of the node that the pod must run on; "" lets the scheduler choose.
	Node        string
	Identity    Identity
	Tolerations []corev1.Toleration
	PullSecrets []corev1.LocalObjectReference
	// ServiceAccount is "" for the default one. ServiceAccountChosen means that the user selected it: then no other one
	// is tried.
	ServiceAccount       string
	ServiceAccountChosen bool
	// NodeSelector is for nodes with these labels, in addition to Linux.
	NodeSelector map[string]string
	// Labels and Annotations are added to the pod, for a site that requires them on every pod.
	Labels, Annotations map[string]string
	// JobLabels are the labels of the job and of its pods. The helper pod carries those whose keys a refusal names: with
	// all of them, Services and NetworkPolicies would select the helper pod.
	JobLabels map[string]string
	// Queue is the Kueue queue of the job; "" for none.
	Queue string
	// CPU and Memory are limits. The CPU request is small, unless RequestCPU makes it equal to the limit.
	CPU, Memory resource.Quantity
	RequestCPU  bool
	// EphemeralStorage is a limit and a request; zero for none. Only some quotas require it.
	EphemeralStorage resource.Quantity
	Owner            provenance.Identity
	// Lifetime limits how long the pod runs, in whole seconds; 0 means the
	// package's Lifetime.
	Lifetime time.Duration
	// StartLimit is how long the pod may take to start, in whole seconds; 0 means DefaultStartLimit.
	StartLimit time.Duration
	// Keep leaves the running pod when its session is closed, for the
	// next session of the same owner. The pod ends by itself when it is idle.
	Keep bool
	// Agent identifies the version of the agent, so that a kept pod is reused only
	// by clients with the same version. Any text is valid, also "".
	Agent string
	// Hasty means that the caller can read the volume in another way: if no
	// node has room, the session waits only a short time.
	Hasty bool

	// use is the value of provenance.UseLabel; "" for none.
	use string
	// mountReadOnly makes only the mount read-only, not the volume.
	mountReadOnly bool
}

// lifetime returns how long the pod may run.
func (s Spec) lifetime() time.Duration {
	if s.Lifetime > 0 {
		return s.Lifetime
	}
	return Lifetime
}

// startLimit returns how long the pod may take to start.
func (s Spec) startLimit() time.Duration {
	if s.StartLimit > 0 {
		return s.StartLimit
	}
	return DefaultStartLimit
}

// Pod returns the object to create. random makes its name unique;
// it consists of letters and digits. The pod conforms to PodSecurity "restricted" unless the identity
// is root.
func (s Spec) Pod(random string) *corev1.Pod {
	const prefix = "fetch-"
	claim := s.Claim[:min(len(s.Claim), labelLength-len(prefix)-1-len(random))]
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:      prefix + strings.Trim(claim, "-.") + "-" + random,
			Namespace: s.Namespace,
			Labels:    s.siteLabels(),
			Annotations: labels.Merge(map[string]string{
				"sidecar.istio.io/inject": "false", "linkerd.io/inject": "disabled",
				"cluster-autoscaler.kubernetes.io/safe-to-evict": "false", "karpenter.sh/do-not-disrupt": "true",
			}, s.Annotations),
		},
		Spec: s.podSpec(),
	}
	s.Owner.Stamp(&pod.ObjectMeta)
	metav1.SetMetaDataLabel(&pod.ObjectMeta, provenance.ComponentLabel, provenance.HelperComponent)
	if s.Job != "" {
		metav1.SetMetaDataLabel(&pod.ObjectMeta, provenance.JobLabel, s.Job)
	}
	if s.use != "" {
		metav1.SetMetaDataLabel(&pod.ObjectMeta, provenance.UseLabel, s.use)
	}
	if s.Keep {
		metav1.SetMetaDataLabel(&pod.ObjectMeta, provenance.KeptLabel, "true")
	}
	if s.StartLimit > 0 {
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, provenance.StartLimitAnnotation, seconds(s.StartLimit))
	}
	if s.Parent != nil {
		pod.OwnerReferences = []metav1.OwnerReference{*s.Parent}
	}
	return pod
}

// siteLabels returns the labels for service meshes, which must not inject containers, for Kueue, and for the site.
func (s Spec) siteLabels() map[string]string {
	own := map[string]string{"sidecar.istio.io/inject": "false"}
	if s.Queue != "" {
		own[reason.QueueLabel] = s.Queue
	}
	return labels.Merge(own, s.Labels)
}

func (s Spec) podSpec() corev1.PodSpec {
	no := false
	grace := int64(1)
	deadline := int64(s.lifetime().Seconds())
	space := *resource.NewQuantity(agentSpace, resource.BinarySI)
	if s.EphemeralStorage.Sign() > 0 && s.EphemeralStorage.Cmp(space) < 0 {
		space = s.EphemeralStorage
	}
	return corev1.PodSpec{
		RestartPolicy:                 corev1.RestartPolicyNever,
		ActiveDeadlineSeconds:         &deadline,
		TerminationGracePeriodSeconds: &grace,
		AutomountServiceAccountToken:  &no,
		EnableServiceLinks:            &no,
		ServiceAccountName:            s.ServiceAccount,
		NodeSelector:                  labels.Merge(map[string]string{corev1.LabelOSStable: "linux"}, s.NodeSelector),
		Affinity:                      onNode(s.Node),
		Tolerations:                   s.Tolerations,
		ImagePullSecrets:              s.PullSecrets,
		SecurityContext:               s.Identity.podSecurity(),
		Volumes: []corev1.Volume{{Name: "volume", VolumeSource: corev1.VolumeSource{
			// Read-only here: with readOnly on the mount alone, kubelet
			// may still change the owner of the user's files to an fsGroup.
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: s.Claim, ReadOnly: !s.mountReadOnly},
		}}, {Name: "agent", VolumeSource: corev1.VolumeSource{
			EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &space},
		}}},
		Containers: []corev1.Container{s.container()},
	}
}

func (s Spec) container() corev1.Container {
	limits := corev1.ResourceList{corev1.ResourceCPU: s.CPU, corev1.ResourceMemory: s.Memory}
	requests := corev1.ResourceList{corev1.ResourceCPU: s.requestedCPU(), corev1.ResourceMemory: s.Memory}
	if s.EphemeralStorage.Sign() > 0 {
		limits[corev1.ResourceEphemeralStorage], requests[corev1.ResourceEphemeralStorage] = s.EphemeralStorage, s.EphemeralStorage
	}
	return corev1.Container{
		Name: Container, Image: s.Image,
		// The node's copy of the image is good enough; no registry needs to be asked.
		ImagePullPolicy: corev1.PullIfNotPresent,
		Command:         []string{"sh", "-c", main, "helper", strconv.Itoa(int(idleLimit / pollInterval)), seconds(pollInterval), AgentDir, MountPath, "/proc/1", strings.ReplaceAll(s.SubPath, "$", "$$")},
		Resources:       corev1.ResourceRequirements{Requests: requests, Limits: limits},
		SecurityContext: s.Identity.containerSecurity(),
		VolumeMounts: []corev1.VolumeMount{
			{Name: "volume", MountPath: MountPath, ReadOnly: true},
			{Name: "agent", MountPath: AgentDir},
		},
	}
}

func (s Spec) requestedCPU() resource.Quantity {
	if s.RequestCPU || s.CPU.MilliValue() <= idleCPU {
		return s.CPU
	}
	return *resource.NewMilliQuantity(idleCPU, resource.DecimalSI)
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }

// onNode requires a node by affinity: spec.nodeName would bypass taints
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

// ParentOf returns an owner reference that deletes a helper pod with job. It returns nil for a job with a TTL or
// a controller, such as a CronJob with a history limit: the pod could be deleted during a fetch.
func ParentOf(job *batchv1.Job) *metav1.OwnerReference {
	if job == nil || job.Spec.TTLSecondsAfterFinished != nil || metav1.GetControllerOf(job) != nil {
		return nil
	}
	return &metav1.OwnerReference{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID}
}
