package job

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// maxPart limits the part of a line that is held in memory: lines may be of any length.
const maxPart = 64 << 10

// logStream is the log of one container.
type logStream struct {
	client    clients.Interface
	pod       *corev1.Pod
	container string
	prefix    string
	out       *lineWriter
	say       func(string)
	// restarts identifies the attempt of the container that is read: the number of restarts before it.
	restarts int32
	// written records what was written, so that a stream can be opened again.
	written written
	// hasLines means that lines of this attempt were written while it was followed.
	hasLines bool
	// otherLogs counts the streams of another log since the last stream of this attempt.
	otherLogs int
	// interrupted means that the last stream ended before the log did.
	interrupted bool
	// settle is the pause before the state of the container, or the log, is read again.
	settle time.Duration
}

// readAll writes the current content of the log of this attempt.
func (l *logStream) readAll(ctx context.Context) error {
	return errors.Join(l.readWithRetries(ctx, corev1.PodLogOptions{}), l.out.close(l))
}

// previous writes the rest of the log of the attempt before this one, if the node still has it.
func (l *logStream) previous(ctx context.Context) error {
	return l.unlessGone(l.readWithRetries(ctx, corev1.PodLogOptions{Previous: true}))
}

// unlessGone returns err, unless err means that the log no longer exists. A log that no longer exists is an error
// only if it was not read to its end.
func (l *logStream) unlessGone(err error) error {
	switch {
	case !apierrors.IsNotFound(err) && !apierrors.IsBadRequest(err):
		return err
	case l.interrupted:
		return fmt.Errorf("the last lines of the log of pod %q are lost: the connection was lost, and the log was deleted before it could be read again", l.pod.Name)
	}
	return nil
}

// follow writes the log until the container has ended permanently. If the container
// is restarted in place, it writes the log of each attempt. A stream that breaks is continued where it
// stopped.
func (l *logStream) follow(ctx context.Context, state func(*corev1.Pod, string) containerState) error {
	if l.restarts > 0 {
		if err := l.previous(ctx); err != nil {
			return err
		}
	}
	for {
		err := l.resumeAttempt(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case apierrors.IsNotFound(err):
			return l.unlessGone(err)
		case endsLog(err):
			return err
		}
		current, err := l.await(ctx, state)
		switch {
		case err != nil:
			return err
		case current.restarts > l.restarts:
			if err := l.nextAttempt(ctx, current.restarts); err != nil {
				return err
			}
		case current.ended:
			return l.readRest(ctx)
		}
	}
}

// endsLog reports whether err, which may be nil, is an error for which another attempt is useless.
func endsLog(err error) bool {
	return err != nil && !watcher.Passing(err) && !apierrors.IsBadRequest(err) && !errors.Is(err, errOtherLog)
}

// maxOtherLogs is how many streams of another log are rejected until such a log counts as a new file of the same attempt.
const maxOtherLogs = 5

// resumeAttempt follows the log of this attempt from the last line read. As soon as the container is restarted, the
// node returns the log of the next attempt, before the pod shows the restart: none of it is written until this attempt is complete.
func (l *logStream) resumeAttempt(ctx context.Context) error {
	writtenBefore := l.written.bytes
	err := l.resume(ctx, corev1.PodLogOptions{Follow: true})
	if errors.Is(err, errOtherLog) {
		l.otherLogs++
		return err
	}
	l.hasLines = l.hasLines || l.written.bytes > writtenBefore
	l.otherLogs = 0
	return err
}

// nextAttempt switches to the attempt after that many restarts: it reports the attempts that are lost, and writes
// the rest of the attempt before it.
func (l *logStream) nextAttempt(ctx context.Context, restarts int32) error {
	if restarts > l.restarts+2 {
		l.say(lostAttempts(l.pod.Name, l.container, l.restarts+1, restarts-2))
	}
	l.restarts = restarts
	l.hasLines, l.otherLogs = false, 0
	return l.previous(ctx)
}

// await waits until it is known what follows the end of a stream: the container
// has ended, was restarted, or still runs a moment later. The end of a container
// and the end of its log are not visible at the same time.
func (l *logStream) await(ctx context.Context, state func(*corev1.Pod, string) containerState) (containerState, error) {
	for checks := 0; ; checks++ {
		if !watcher.Sleep(ctx, l.settle) {
			return containerState{}, ctx.Err()
		}
		current := state(l.pod, l.container)
		if current.restarts > l.restarts || current.ended || current.running && checks >= maxChecks {
			return current, nil
		}
	}
}

// maxChecks is after how many checks a container counts as running.
const maxChecks = 10

// readRest reads the log once more to its end: in the last moments of
// a container, a stream can break without an error.
func (l *logStream) readRest(ctx context.Context) error {
	if err := l.unlessGone(l.readWithRetries(ctx, corev1.PodLogOptions{})); err != nil {
		return err
	}
	return l.out.close(l)
}

// maxReads is how often the log of an ended container is read without a new line.
const maxReads = 5

// readWithRetries reads a log to its current end, and retries if the connection breaks.
func (l *logStream) readWithRetries(ctx context.Context, options corev1.PodLogOptions) error {
	for attempts := 1; ; attempts++ {
		writtenBefore := l.written.bytes
		err := l.resume(ctx, options)
		if l.written.bytes > writtenBefore {
			attempts = 1
		}
		if err == nil || !watcher.Passing(err) || attempts == maxReads {
			return err
		}
		if !watcher.Sleep(ctx, l.settle<<attempts) {
			return ctx.Err()
		}
	}
}

// resume reads a log from the last line read. It recognises lines by their times.
func (l *logStream) resume(ctx context.Context, options corev1.PodLogOptions) error {
	options.Timestamps = true
	if since := l.written.since(); !since.IsZero() {
		options.SinceTime = &metav1.Time{Time: since}
	}
	r := l.written.reader(func(text []byte, start, end bool) error { return l.out.write(l, text, start, end) })
	r.mustContinue = options.Follow && l.hasLines && l.otherLogs < maxOtherLogs
	err := l.read(ctx, options, r.consume)
	if err == nil || watcher.Passing(err) {
		l.interrupted = err != nil
	}
	return err
}

// read passes the lines of a log to handle, see eachPart.
func (l *logStream) read(ctx context.Context, options corev1.PodLogOptions, handle func(text []byte, start, end bool) error) error {
	options.Container = l.container
	stream, err := l.client.CoreV1().Pods(l.pod.Namespace).GetLogs(l.pod.Name, &options).Stream(ctx)
	if err != nil {
		return fmt.Errorf("reading the log of pod %q: %w", l.pod.Name, err)
	}
	defer func() { _ = stream.Close() }()
	if err := eachPart(stream, handle); err != nil {
		return fmt.Errorf("reading the log of pod %q: %w", l.pod.Name, err)
	}
	return nil
}

// eachPart passes each line of a log to handle, in parts if it is long: start and
// end report whether a part is the first and the last of its line.
func eachPart(log io.Reader, handle func(text []byte, start, end bool) error) error {
	lines, start := bufio.NewReaderSize(log, maxPart), true
	for {
		text, err := lines.ReadSlice('\n')
		if len(text) > 0 {
			end := err == nil
			if err := handle(text, start, end); err != nil {
				return err
			}
			start = end
		}
		switch {
		case err == nil || errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil
		default:
			return err
		}
	}
}
