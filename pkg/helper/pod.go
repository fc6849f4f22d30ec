// Package helper runs the helper pod: a small, short-lived pod that mounts a
// claim read-only so that the files on it can be read. It promises to remove
// what it made, and that the pod ends by itself where the client cannot.
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

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// DefaultImage has a shell and a tar and comes from a registry without pull limits.
const DefaultImage = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1"

// MountPath is where the claim is mounted in the helper.
const MountPath = "/volume"

// Container is the name of the helper's only container.
const Container = "helper"

// Where the agent is in the helper, whose main process becomes it.
const (
	// AgentDir is an emptyDir, the only place in a helper that can be written to.
	AgentDir = "/agent"
	// AgentPath is where Install puts the agent.
	AgentPath = AgentDir + "/batch-agent"
	// SocketPath is the Unix socket that the agent serves.
	SocketPath = AgentDir + "/socket"
)

// Lifetime is how long a helper may run, whatever happens: sites destroy bare
// pods after 6 hours. A Session makes a new one in time.
const Lifetime = 5 * time.Hour

const (
	// idle is how long a helper without an agent stays when no client does
	// anything in it.
	idle = time.Minute
	// turn is how often it looks.
	turn = 5 * time.Second
	// agentSpace bounds AgentDir in bytes: the agent twice, as it is replaced, and the
	// chunks that are on their way to a bucket.
	agentSpace = 1 << 30
	// idleCPU is what a helper requests, in millicores: it waits more than it computes,
	// and one that is left behind must not hold the room of a job.
	idleCPU = 50
	// randomLength is how many characters make a helper's name its own.
	randomLength = 8
	// labelLength is how long a name may be that is also a host's name.
	labelLength = 63
)

// main is what the helper runs, with the arguments TURNS TURN DIR ROOT SELF SUBPATH. Once
// DIR holds the agent it becomes that; it looks every TURN seconds, and when USR1
// wakes it up. Until then it ends when beside SELF, its own place in /proc, there
// was no other process for TURNS looks. A process without an exe is a zombie and
// does not count. A shell interrupts no sleep that it has not put into the
// background, and Kubernetes makes one $ of two, so that there is no $$ here.
//
//go:embed main.sh
var main string

// Spec is a helper that can be made as it stands.
type Spec struct {
	Namespace string
	// Claim is what it mounts, read-only. SubPath is the directory or file on it that
	// the agent serves; "" is all of the claim. The pod mounts the whole claim:
	// kubelet waits for ever for a sub-path that does not exist.
	Claim, SubPath string
	// Job is the name of the job the results are of, "" where it is not known.
	Job string
	// Parent deletes the helper with it; nil where nothing does.
	Parent *metav1.OwnerReference
	// Image of the helper; it must have a shell.
	Image string
	// JobImage is the image of the job itself, "" where it is not known. With
	// Fallback it takes the place of an Image that cannot be pulled: it is on a
	// node already, and the site's policy lets it in.
	JobImage string
	Fallback bool
	// Node is where the pod must run; "" leaves it to the scheduler.
	Node        string
	Identity    Identity
	Tolerations []corev1.Toleration
	PullSecrets []corev1.LocalObjectReference
	// CPU is the limit; the request is small, unless RequestCPU has it be the same.
	CPU, Memory resource.Quantity
	RequestCPU  bool
	Owner       provenance.Identity
	// Lifetime bounds how long the pod runs, in whole seconds; 0 means the
	// package's Lifetime.
	Lifetime time.Duration
	// Keep leaves the running helper behind when its session is closed, for the
	// next session of the same owner to find. It ends by itself when idle.
	Keep bool
	// Agent tells versions of the agent apart, so that a kept helper is found only
	// by those who have the one that runs in it. Any text, also none.
	Agent string
	// Hasty means that the caller has another way to read the volume: where no
	// node has room, that is not waited for.
	Hasty bool

	// use is the value of provenance.UseLabel; "" for none.
	use string
}

// lifetime returns how long the pod may run.
func (s Spec) lifetime() time.Duration {
	if s.Lifetime > 0 {
		return s.Lifetime
	}
	return Lifetime
}

// Pod returns the object to create. random makes its name one that no other pod
// has: letters and digits. It fits PodSecurity "restricted" unless the identity
// is root.
func (s Spec) Pod(random string) *corev1.Pod {
	const prefix = "fetch-"
	claim := s.Claim[:min(len(s.Claim), labelLength-len(prefix)-1-len(random))]
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:      prefix + strings.Trim(claim, "-.") + "-" + random,
			Namespace: s.Namespace,
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
	if s.Parent != nil {
		pod.OwnerReferences = []metav1.OwnerReference{*s.Parent}
	}
	return pod
}

func (s Spec) podSpec() corev1.PodSpec {
	no, grace, deadline, space := false, int64(1), int64(s.lifetime().Seconds()), *resource.NewQuantity(agentSpace, resource.BinarySI)
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
		}}, {Name: "agent", VolumeSource: corev1.VolumeSource{
			EmptyDir: &corev1.EmptyDirVolumeSource{SizeLimit: &space},
		}}},
		Containers: []corev1.Container{s.container()},
	}
}

func (s Spec) container() corev1.Container {
	limits := corev1.ResourceList{corev1.ResourceCPU: s.CPU, corev1.ResourceMemory: s.Memory}
	requests := corev1.ResourceList{corev1.ResourceCPU: s.requestedCPU(), corev1.ResourceMemory: s.Memory}
	return corev1.Container{
		Name: Container, Image: s.Image,
		// Nothing is gained by asking a registry for what the node has.
		ImagePullPolicy: corev1.PullIfNotPresent,
		Command:         []string{"sh", "-c", main, "helper", strconv.Itoa(int(idle / turn)), seconds(turn), AgentDir, MountPath, "/proc/1", strings.ReplaceAll(s.SubPath, "$", "$$")},
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

// ParentOf returns the reference that deletes a helper with job, and nil for a job with a TTL or
// a controller, such as a CronJob with a limit for its history: the helper would be deleted during a fetch.
func ParentOf(job *batchv1.Job) *metav1.OwnerReference {
	if job == nil || job.Spec.TTLSecondsAfterFinished != nil || metav1.GetControllerOf(job) != nil {
		return nil
	}
	return &metav1.OwnerReference{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID}
}
