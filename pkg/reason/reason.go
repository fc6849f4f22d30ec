// Package reason explains why a job or a pod does not run, with the cluster's
// messages. It reports what was observed and never guesses a cause.
package reason

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

// ImagePullBackOff is the code of the time between two attempts to pull an image. Its message may not name the cause.
const ImagePullBackOff = "ImagePullBackOff"

// Reason is why something does not run; its zero value is no reason known.
type Reason struct {
	// Code is the cluster's code for the reason, such as Unschedulable or ImagePullBackOff.
	Code string
	// Message is the cluster's sentence.
	Message string
	// Hopeless means that waiting cannot help.
	Hopeless bool
	// Started means that a pod of the job has run before.
	Started bool
}

// Sentence explains why nothing of the job of that name runs.
func (r Reason) Sentence(job string) string {
	if r.Started {
		return "job " + job + ": " + r.String()
	}
	return "job " + job + " does not run yet: " + r.String()
}

// String returns "Code: Message", or "" if no reason is known.
func (r Reason) String() string {
	if r.Message == "" {
		return r.Code
	}
	return strings.TrimSpace(r.Code + ": " + printable.Fold(r.Message))
}

// Known reports whether there is a reason.
func (r Reason) Known() bool { return r.Code != "" }

// QueueLabel is the label of jobs that Kueue admits; its value is the name of their queue. If such
// a job is suspended, it is queued (https://kueue.sigs.k8s.io, "Run A Kubernetes Job").
const QueueLabel = "kueue.x-k8s.io/queue-name"

// OfJob explains why no pod of job runs at currentTime, from its pods and from the
// warning events of the namespace. It returns no reason for a job that is finished or has a running
// pod, unless the job waits for a pod whose node is not ready.
func OfJob(job *batchv1.Job, pods []*corev1.Pod, warnings []*corev1.Event, currentTime time.Time) Reason {
	if finished(job) {
		return Reason{}
	}
	if held := onLostNode(pods); held.Known() {
		return held
	}
	if job.Spec.Suspend != nil && *job.Spec.Suspend {
		return suspended(job)
	}
	return ofUnfinished(job, pods, warnings, currentTime)
}

// ofUnfinished is OfJob for a job that may run.
func ofUnfinished(job *batchv1.Job, pods []*corev1.Pod, warnings []*corev1.Event, currentTime time.Time) Reason {
	warnings = since(warnings, job.CreationTimestamp.Time)
	waiting, ending := Reason{}, Reason{}
	for _, pod := range pods {
		switch cause := OfPod(pod, warnings); {
		case isTerminating(pod):
			ending = terminating(pod)
		case pod.Status.Phase == corev1.PodRunning && !stuck(pod):
			return partlyEnded(pods)
		case cause.Known() && !waiting.Known():
			waiting = cause
		}
	}
	switch {
	case waiting.Known():
		return waiting
	case len(active(pods)) > 0:
		return ending
	}
	if refused := refusal(job, pods, warnings); refused.Known() {
		return refused
	}
	return retrying(job, pods, currentTime)
}

// since omits the warnings from before a time: they may be about a deleted claim
// whose name another claim now has.
func since(warnings []*corev1.Event, when time.Time) []*corev1.Event {
	return slices.DeleteFunc(slices.Clone(warnings), func(e *corev1.Event) bool { return lastSeen(e).Before(when) })
}

// refusal is why the Job controller could not make the next pod.
func refusal(job *batchv1.Job, pods []*corev1.Pod, warnings []*corev1.Event) Reason {
	return fromEvent(newestEvent(warnings, func(e *corev1.Event) bool {
		return e.InvolvedObject.UID == job.UID && e.Reason == "FailedCreate" && !overtaken(e, pods)
	}))
}

func suspended(job *batchv1.Job) Reason {
	if queue := job.Labels[QueueLabel]; queue != "" {
		return Reason{Code: "Queued", Message: "waiting for admission by queue " + queue}
	}
	return Reason{Code: "Suspended", Message: "spec.suspend is true"}
}

func finished(job *batchv1.Job) bool {
	return slices.ContainsFunc(job.Status.Conditions, func(c batchv1.JobCondition) bool {
		return (c.Type == batchv1.JobComplete || c.Type == batchv1.JobFailed) && c.Status == corev1.ConditionTrue
	})
}

// overtaken reports whether a pod was created after a refusal to create one.
func overtaken(refusal *corev1.Event, pods []*corev1.Pod) bool {
	return slices.ContainsFunc(pods, func(pod *corev1.Pod) bool { return pod.CreationTimestamp.After(lastSeen(refusal)) })
}

func active(pods []*corev1.Pod) []*corev1.Pod {
	return slices.DeleteFunc(slices.Clone(pods), Ended)
}

// Ended reports whether all containers of pod are done.
func Ended(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// OfPod explains why pod does not run: its scheduling, a waiting container, or a
// warning about it or about a claim that it mounts. Running and ended pods have no reason.
func OfPod(pod *corev1.Pod, warnings []*corev1.Event) Reason {
	if Ended(pod) || (pod.Status.Phase == corev1.PodRunning && !stuck(pod)) {
		return Reason{}
	}
	for _, find := range []func() Reason{
		func() Reason { return scheduling(pod) },
		func() Reason { return waitingContainer(pod) },
		func() Reason {
			return fromEvent(newestEvent(warnings, func(e *corev1.Event) bool { return about(e, pod) }))
		},
	} {
		if cause := find(); cause.Known() {
			return cause
		}
	}
	return Reason{}
}

// scheduling reads the PodScheduled condition; its text is the scheduler's newest.
func scheduling(pod *corev1.Pod) Reason {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			if c.Reason == corev1.PodReasonSchedulingGated {
				return Reason{Code: c.Reason, Message: gate(pod)}
			}
			return Reason{Code: c.Reason, Message: c.Message}
		}
	}
	return Reason{}
}

// kueueGate is the scheduling gate of a pod that Kueue has not admitted (https://kueue.sigs.k8s.io, "Run Plain Pods").
const kueueGate = "kueue.x-k8s.io/admission"

// gate says what holds back a pod with scheduling gates. The cluster's message names none of them.
func gate(pod *corev1.Pod) string {
	var names []string
	for _, gate := range pod.Spec.SchedulingGates {
		names = append(names, gate.Name)
	}
	queue := pod.Labels[QueueLabel]
	switch {
	case !slices.Contains(names, kueueGate):
		return "waiting for scheduling gates to be removed: " + strings.Join(names, ", ")
	case queue == "":
		return "held back by Kueue, since it has no queue"
	}
	return "waiting for Kueue to admit it in queue " + queue
}

// stuck reports whether a container of a running pod waits with an error.
func stuck(pod *corev1.Pod) bool { return waitingContainer(pod).Known() }

func waitingContainer(pod *corev1.Pod) Reason {
	for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		w := status.State.Waiting
		if w == nil || w.Reason == "" || w.Reason == "ContainerCreating" || w.Reason == "PodInitializing" {
			continue
		}
		return Reason{Code: w.Reason, Message: w.Message, Hopeless: hopeless(w), Started: status.LastTerminationState.Terminated != nil}
	}
	return Reason{}
}

// hopeless reports whether retries are useless: an invalid name, or an image that
// the registry does not have or refuses. A registry
// that was not reached may be reached later.
func hopeless(w *corev1.ContainerStateWaiting) bool {
	switch w.Reason {
	case "InvalidImageName", "ErrImageNeverPull":
		return true
	case "ErrImagePull", ImagePullBackOff:
		return registryRefused.MatchString(w.Message)
	}
	return false
}

// registryRefused matches the messages of containerd, CRI-O and cri-dockerd for a registry that answered
// that it does not have an image, or refuses it to this user. It does not match a missing layer
// of an image or a missing token server.
var registryRefused = regexp.MustCompile(`failed to resolve reference.*: not found$|(?:^|ErrImagePull: )(?:\S+: )?not found$|` +
	`(?:^|: )manifest unknown(?:$|:)|manifest for \S+ not found|(?:^|: )pull access denied\b|requested access to the resource is denied|` +
	`insufficient_scope: authorization failed|(?:^|: )unauthorized(?:: .*)?$|failed to (?:authorize|resolve reference) .*: 40[13] (?:Unauthorized|Forbidden)$|` +
	`failed to authorize: .*: 40[13] (?:Unauthorized|Forbidden)$|unexpected status .*: 403 Forbidden$`)

// about reports whether a warning concerns a pod that has not started: the pod
// itself (except its scheduling, which its condition describes) or its claims.
func about(event *corev1.Event, pod *corev1.Pod) bool {
	if event.InvolvedObject.UID == pod.UID {
		return pod.Spec.NodeName == "" || event.Reason != "FailedScheduling"
	}
	return event.InvolvedObject.Kind == "PersistentVolumeClaim" && pod.Spec.NodeName == "" &&
		slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
			return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == event.InvolvedObject.Name
		})
}

func newestEvent(events []*corev1.Event, match func(*corev1.Event) bool) *corev1.Event {
	var newest *corev1.Event
	for _, event := range events {
		if match(event) && (newest == nil || lastSeen(event).After(lastSeen(newest))) {
			newest = event
		}
	}
	return newest
}

// lastSeen is when an event was last observed; the field depends on the API that wrote it.
func lastSeen(event *corev1.Event) time.Time {
	if event.Series != nil {
		return event.Series.LastObservedTime.Time
	}
	if !event.LastTimestamp.IsZero() {
		return event.LastTimestamp.Time
	}
	return event.EventTime.Time
}

func fromEvent(event *corev1.Event) Reason {
	if event == nil {
		return Reason{}
	}
	return Reason{Code: event.Reason, Message: event.Message + quotaAdvice(event.Message)}
}

// quotaAdvice names the flags of run for what a quota wants every pod to state; empty for other messages.
func quotaAdvice(message string) string {
	_, required, ok := strings.Cut(message, "must specify ")
	if !ok || !strings.Contains(message, "quota") {
		return ""
	}
	var flags []string
	for _, option := range []struct{ resource, flag string }{{"cpu", "--cpu"}, {"memory", "--memory"}, {"ephemeral-storage", "--request and --limit ephemeral-storage=SIZE"}} {
		if strings.Contains(required, option.resource) {
			flags = append(flags, option.flag)
		}
	}
	if flags == nil {
		return ""
	}
	return "; add " + strings.Join(flags, " and ") + " to run or rerun"
}

// OfEnd explains why pod ended: its own reason, and how its containers ended.
func OfEnd(pod *corev1.Pod) string {
	var parts []string
	if pod.Status.Reason != "" {
		parts = append(parts, Reason{Code: pod.Status.Reason, Message: pod.Status.Message}.String())
	}
	for _, status := range RunToEnd(pod) {
		if t := status.State.Terminated; t != nil {
			parts = append(parts, Reason{Code: fmt.Sprintf("container %s ended with status %d (%s)", status.Name, t.ExitCode, t.Reason), Message: t.Message}.String())
		}
	}
	return strings.Join(parts, "; ")
}

// NotStarted reports whether the program of a container of pod could not be
// started at all: the image lacks it, or cannot run it.
func NotStarted(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.ContainerStatuses, func(status corev1.ContainerStatus) bool {
		t := status.State.Terminated
		return t != nil && (t.Reason == "StartError" || t.Reason == "ContainerCannotRun" || t.ExitCode == 126 || t.ExitCode == 127)
	})
}
