package job

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Logs writes the logs of every pod of job to out, oldest pod first, also of
// pods that have failed. Where there are several containers, each line begins
// with the pod's (and container's) name. A job without logs is an error that
// says why.
func Logs(ctx context.Context, client cluster.Interface, job *batchv1.Job, out io.Writer) error {
	pods, err := Pods(ctx, client, job)
	if err != nil {
		return err
	}
	streams, errs := 0, error(nil)
	for _, pod := range pods {
		for _, name := range started(pod) {
			l := logStream{client: client, pod: pod, container: name, out: out, prefix: prefix(pod, name, len(pods) > 1)}
			errs = errors.Join(errs, l.copy(ctx))
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
		return say("job %q is finished and its pods are gone, and with them their logs", job.Name)
	case End(job) != nil:
		return say("job %q is finished, and no container of its pods ever ran: %s", job.Name, reason.OfEnd(pods[len(pods)-1]))
	case len(pods) == 0:
		return say("job %q has no pods yet (-f waits for them)", job.Name)
	}
	for _, pod := range pods {
		if why := reason.OfPod(pod, nil); why.Known() {
			return say("job %q has no logs yet (-f waits for them): pod %s: %s", job.Name, pod.Name, why)
		}
	}
	return say("job %q has no logs yet (-f waits for them)", job.Name)
}

// FollowLogs writes the logs of every pod of job to out as they come, until
// the job is finished and all is written. say is told why nothing runs.
func FollowLogs(ctx context.Context, client cluster.Interface, job *batchv1.Job, out io.Writer, say func(string)) error {
	ctx, cancel := context.WithCancel(ctx)
	f := &follower{client: client, out: &lockedWriter{out: out}, many: many(job), known: map[string]bool{}, live: map[types.UID]*corev1.Pod{}}
	defer f.group.Wait()
	defer cancel() // runs before the wait
	teller := teller{name: job.Name, say: say}
	var last View
	err := Watch(ctx, client, job, func(v View) bool {
		last = v
		teller.tell(v)
		f.look(ctx, v.Pods)
		return End(v.Job) == nil
	}, teller.lost)
	if err != nil {
		return err
	}
	if End(last.Job) == nil {
		f.drain()
		return deleted(job)
	}
	// The watch of the pods can lag behind the job's: look once more.
	end, err := outcome(ctx, client, last)
	if err != nil {
		return err
	}
	f.look(ctx, end.Pods)
	f.group.Wait()
	return f.err(noLogs(end.Job, end.Pods))
}

// many reports whether job is to have several pods.
func many(job *batchv1.Job) bool {
	more := func(n *int32) bool { return n != nil && *n > 1 }
	return more(job.Spec.Parallelism) || more(job.Spec.Completions)
}

// started returns the containers of pod that have written a log; of those that
// run before the others only what has failed is worth reading.
func started(pod *corev1.Pod) []string {
	var names []string
	for _, status := range pod.Status.InitContainerStatuses {
		if t := status.State.Terminated; t != nil && t.ExitCode != 0 && status.ContainerID != "" {
			names = append(names, status.Name)
		}
	}
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Running != nil || status.State.Terminated != nil && status.ContainerID != "" {
			names = append(names, status.Name)
		}
	}
	return names
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

// follower has one stream for each container that has started.
type follower struct {
	client cluster.Interface
	out    *lockedWriter
	many   bool
	known  map[string]bool // pod UID and container
	group  sync.WaitGroup

	mu    sync.Mutex
	live  map[types.UID]*corev1.Pod
	first error
}

// look starts a stream for each container that is new.
func (f *follower) look(ctx context.Context, pods []*corev1.Pod) {
	sortPods(pods)
	f.remember(pods)
	for _, pod := range pods {
		for _, name := range started(pod) {
			key := string(pod.UID) + "/" + name
			if f.known[key] {
				continue
			}
			l := logStream{client: f.client, pod: pod, container: name, out: f.out, prefix: prefix(pod, name, f.many || len(f.known) > 0)}
			f.known[key] = true
			f.group.Go(func() { f.keep(l.follow(ctx, f.running)) })
		}
	}
}

// lastWords is how long the streams of a deleted job get for what it had
// written before; its pods may live on for their whole grace period.
const lastWords = 2 * time.Second

func (f *follower) drain() {
	drained := make(chan struct{})
	go func() { f.group.Wait(); close(drained) }()
	select {
	case <-drained:
	case <-time.After(lastWords):
	}
}

func (f *follower) remember(pods []*corev1.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, pod := range pods {
		f.live[pod.UID] = pod
	}
}

// running reports whether a container was still running when last seen.
func (f *follower) running(pod *corev1.Pod, container string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, status := range f.live[pod.UID].Status.ContainerStatuses {
		if status.Name == container {
			return status.State.Running != nil
		}
	}
	return false
}

func (f *follower) keep(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == nil {
		f.first = err
	}
}

// err returns the first error of a stream, or none where nothing was followed.
func (f *follower) err(none error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) == 0 {
		return none
	}
	return f.first
}

// lockedWriter lets several streams write, each a whole chunk at a time.
type lockedWriter struct {
	mu  sync.Mutex
	out io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.out.Write(p)
}

// prefixed puts text before a line.
func prefixed(text string, line []byte) []byte {
	return bytes.Join([][]byte{[]byte(text), line}, nil)
}
