package job

import (
	"context"
	"errors"
	"fmt"
	"io"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Logs writes the logs of every pod of job to out, oldest pod first, including failed
// pods. For a container that was restarted in place, it also writes the log of
// the previous attempt, which the node keeps. If there are several containers, each
// line begins with the name of the pod (and container). If the job has no logs, the
// error explains why.
func Logs(ctx context.Context, client clients.Interface, job *batchv1.Job, out io.Writer) error {
	pods, err := Pods(ctx, client, job)
	if err != nil {
		return err
	}
	lines := &lineWriter{out: out}
	streams, errs := 0, error(nil)
	for _, pod := range pods {
		for _, status := range started(pod) {
			l := logStream{client: client, pod: pod, container: status.Name, out: lines, prefix: prefix(pod, status.Name, len(pods) > 1), settle: settle}
			if status.RestartCount > 0 {
				errs = errors.Join(errs, l.previous(ctx))
			}
			errs = errors.Join(errs, l.readAll(ctx))
			streams++
		}
	}
	if streams == 0 {
		return noLogs(job, pods)
	}
	return errs
}

// NoLogsError explains why a job has no logs.
type NoLogsError struct{ message string }

// Error returns a sentence for users.
func (e *NoLogsError) Error() string { return e.message }

func noLogs(job *batchv1.Job, pods []*corev1.Pod) error {
	say := func(format string, args ...any) error { return &NoLogsError{fmt.Sprintf(format, args...)} }
	switch {
	case End(job) != nil && len(pods) == 0:
		return say("job %q is finished, and its pods and their logs were deleted", job.Name)
	case End(job) != nil:
		return say("job %q is finished, and none of its containers started: %s", job.Name, reason.OfEnd(pods[len(pods)-1]))
	case len(pods) == 0:
		return say("job %q has no pods yet; use -f to wait for them", job.Name)
	}
	for _, pod := range pods {
		if cause := reason.OfPod(pod, nil); cause.Known() {
			return say("job %q has no logs yet; use -f to wait for them (pod %s: %s)", job.Name, pod.Name, cause)
		}
	}
	return say("job %q has no logs yet; use -f to wait for them", job.Name)
}

// hasSeveralPods reports whether job runs several pods.
func hasSeveralPods(job *batchv1.Job) bool {
	several := func(n *int32) bool { return n != nil && *n > 1 }
	return several(job.Spec.Parallelism) || several(job.Spec.Completions)
}

// started returns the states of the containers of pod whose logs are written. Of
// init containers, only failed ones are included, and of those a sidecar only
// while it prevents the main containers from starting: later, sidecars are stopped.
func started(pod *corev1.Pod) (written []corev1.ContainerStatus) {
	for _, status := range pod.Status.ContainerStatuses {
		if status.ContainerID != "" {
			written = append(written, status)
		}
	}
	var initContainers []corev1.ContainerStatus
	for _, status := range pod.Status.InitContainerStatuses {
		failed := status.State.Terminated != nil && status.State.Terminated.ExitCode != 0 ||
			status.State.Waiting != nil && status.LastTerminationState.Terminated != nil
		if failed && status.ContainerID != "" && (len(written) == 0 || !reason.IsSidecar(pod, status.Name)) {
			initContainers = append(initContainers, status)
		}
	}
	return append(initContainers, written...)
}

func prefix(pod *corev1.Pod, container string, many bool) string {
	switch {
	case len(pod.Spec.Containers) > 1, pod.Spec.Containers[0].Name != container:
		return "[" + pod.Name + "/" + container + "] "
	case many:
		return "[" + pod.Name + "] "
	}
	return ""
}
