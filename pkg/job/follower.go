package job

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// FollowLogs writes the logs of every pod of job to out as they arrive, until the job
// is finished and all logs are written, and returns the outcome. An error with an
// outcome means that logs are missing; an error without one means that the job was deleted before
// its end, or the cluster cannot be queried.
func (w *Watcher) FollowLogs(ctx context.Context, job *batchv1.Job, out io.Writer) (Outcome, error) {
	streams, cancel := context.WithCancel(ctx)
	f := &follower{client: w.Client, out: &lineWriter{out: out}, say: w.Say, severalPods: hasSeveralPods(job), pods: map[types.UID]*corev1.Pod{}, followed: map[string]bool{}}
	defer f.group.Wait()
	defer cancel() // runs before the wait
	var end Outcome
	a := awaiting{watcher: w, jobs: []*batchv1.Job{job}, positions: []int{0}}
	a.observe = func(v View) bool { return f.startStreams(streams, v.Pods) }
	var failed error
	a.ended = func(_ int, outcome Outcome, err error) { end, failed = outcome, err }
	if End(job) != nil {
		if err := w.conclude(ctx, map[int]View{0: {Job: job}}, false, a.ended); err != nil {
			return Outcome{}, err
		}
	} else if err := a.wait(ctx); err != nil {
		return Outcome{}, err
	}
	if failed != nil {
		f.drain()
		return Outcome{}, failed
	}
	f.startStreams(streams, end.Pods)
	f.finish()
	f.group.Wait()
	return end, f.err(noLogs(end.Job, end.Pods))
}

// follower has one stream for each container that has started.
type follower struct {
	client      clients.Interface
	out         *lineWriter
	say         func(string)
	severalPods bool
	followed    map[string]bool // pod UID and container
	group       sync.WaitGroup

	mu sync.Mutex
	// pods are the pods of the last view.
	pods     map[types.UID]*corev1.Pod
	finished bool
	firstErr error
}

// startStreams starts a stream for each new container, and reports whether
// any stream was ever started.
func (f *follower) startStreams(ctx context.Context, pods []*corev1.Pod) bool {
	sortPods(pods)
	f.storePods(pods)
	for _, pod := range pods {
		for _, status := range started(pod) {
			key := string(pod.UID) + "/" + status.Name
			if f.followed[key] {
				continue
			}
			l := &logStream{
				client: f.client, pod: pod, container: status.Name, out: f.out, say: f.say,
				prefix: prefix(pod, status.Name, f.severalPods || len(f.followed) > 0), restarts: status.RestartCount, settle: settle,
			}
			f.followed[key] = true
			f.group.Go(func() { f.recordError(l.follow(ctx, f.stateOf)) })
		}
	}
	return len(f.followed) > 0
}

// drainLimit is how long the streams of a deleted job may take to deliver what was
// written before the deletion; its pods may run on for their whole grace period.
const drainLimit = 2 * time.Second

func (f *follower) drain() {
	drained := make(chan struct{})
	go func() { f.group.Wait(); close(drained) }()
	timer := time.NewTimer(drainLimit)
	defer timer.Stop()
	select {
	case <-drained:
	case <-timer.C:
	}
}

func (f *follower) storePods(pods []*corev1.Pod) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.pods)
	for _, pod := range pods {
		f.pods[pod.UID] = pod
	}
}

// markFinished records that the job is finished: none of its containers starts again.
func (f *follower) finish() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finished = true
}

// containerState is the known state of a container whose log is followed.
type containerState struct {
	restarts int32
	running  bool
	// ended means that it does not run and is not started again.
	ended bool
}

// stateOf returns the state of a container as last seen.
func (f *follower) stateOf(pod *corev1.Pod, container string) containerState {
	f.mu.Lock()
	defer f.mu.Unlock()
	pod, ok := f.pods[pod.UID]
	if !ok {
		return containerState{ended: true}
	}
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses)
	i := slices.IndexFunc(statuses, func(s corev1.ContainerStatus) bool { return s.Name == container })
	if i < 0 {
		return containerState{ended: true}
	}
	state := containerState{restarts: statuses[i].RestartCount, running: statuses[i].State.Running != nil}
	state.ended = !state.running && (f.finished || reason.Ended(pod) || pod.Spec.RestartPolicy == corev1.RestartPolicyNever)
	if t := statuses[i].State.Terminated; t != nil && t.ExitCode == 0 {
		state.ended = true
	}
	return state
}

func (f *follower) recordError(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.firstErr == nil {
		f.firstErr = err
	}
}

// err returns the first error of a stream, or none if nothing was followed.
func (f *follower) err(none error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.followed) == 0 {
		return none
	}
	return f.firstErr
}

// lineWriter lets several streams write lines, which may be of any length and arrive in
// parts. If another stream interrupts a line, the line continues on a new line of output.
type lineWriter struct {
	mu  sync.Mutex
	out io.Writer
	// open is the stream whose last line is not complete.
	open   *logStream
	buffer []byte
}

// write writes a part of a line of l; start and end report whether it is the first and
// the last part.
func (w *lineWriter) write(l *logStream, text []byte, start, end bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buffer = w.buffer[:0]
	if w.open != nil && (start || w.open != l) {
		w.buffer = append(w.buffer, '\n')
	}
	if start || w.open != l {
		w.buffer = append(w.buffer, l.prefix...)
	}
	w.buffer = append(w.buffer, text...)
	if w.open = l; end {
		w.open = nil
	}
	_, err := w.out.Write(w.buffer)
	return err
}

// close ends a line of l that is not complete, if lines of other streams may follow.
func (w *lineWriter) close(l *logStream) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.open != l || l.prefix == "" {
		return nil
	}
	w.open = nil
	_, err := w.out.Write([]byte{'\n'})
	return err
}

func lostAttempts(pod, container string, oldest, newest int32) string {
	return fmt.Sprintf("Note: pod %s, container %s: the logs of attempts %d to %d are lost; the node keeps only the logs of the last two attempts", pod, container, oldest+1, newest+1)
}
