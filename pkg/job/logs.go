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

// Logs writes the logs of every pod of job to out, oldest pod first, also of
// pods that have failed, and of a container that was restarted in place also that of
// the attempt before, which the node keeps. Where there are several containers, each
// line begins with the pod's (and container's) name. A job without logs is an
// error that says why.
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

// NoLogsError says why a job has no logs.
type NoLogsError struct{ why string }

// Error returns the sentence for people.
func (e *NoLogsError) Error() string { return e.why }

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
		if why := reason.OfPod(pod, nil); why.Known() {
			return say("job %q has no logs yet; use -f to wait for them (pod %s: %s)", job.Name, pod.Name, why)
		}
	}
	return say("job %q has no logs yet; use -f to wait for them", job.Name)
}

// many reports whether job is to have several pods.
func many(job *batchv1.Job) bool {
	more := func(n *int32) bool { return n != nil && *n > 1 }
	return more(job.Spec.Parallelism) || more(job.Spec.Completions)
}

// started returns the states of the containers of pod that have written a log. Of
// init containers only what has failed is worth reading; of sidecars that is told
// only while it keeps the others from their start: later they are stopped.
func started(pod *corev1.Pod) (written []corev1.ContainerStatus) {
	for _, status := range pod.Status.ContainerStatuses {
		if status.ContainerID != "" {
			written = append(written, status)
		}
	}
	var first []corev1.ContainerStatus
	for _, status := range pod.Status.InitContainerStatuses {
		failed := status.State.Terminated != nil && status.State.Terminated.ExitCode != 0 ||
			status.State.Waiting != nil && status.LastTerminationState.Terminated != nil
		if failed && status.ContainerID != "" && (len(written) == 0 || !reason.IsSidecar(pod, status.Name)) {
			first = append(first, status)
		}
	}
	return append(first, written...)
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
