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

// part is how much of a log is held at a time: lines may be of any length.
const part = 64 << 10

// logStream is the log of one container.
type logStream struct {
	client    clients.Interface
	pod       *corev1.Pod
	container string
	prefix    string
	out       *lineWriter
	say       func(string)
	// restarts is which attempt of the container is read: how often it was started again.
	restarts int32
	// written is what was written so far, for a stream that is opened again.
	written written
	// begun means that lines of this attempt were written while it was followed.
	begun bool
	// others counts the streams since the last one of this attempt that were those of another log.
	others int
	// cut means that the last stream ended before the log did.
	cut bool
	// settle is the pause before the state of the container, or the log, is read again.
	settle time.Duration
}

// readAll writes the log of the present attempt as it is now.
func (l *logStream) readAll(ctx context.Context) error {
	return errors.Join(l.insist(ctx, corev1.PodLogOptions{}), l.out.close(l))
}

// previous writes the log of the attempt before the present one, if the node still has it.
func (l *logStream) previous(ctx context.Context) error {
	return l.unlessGone(l.insist(ctx, corev1.PodLogOptions{Previous: true}))
}

// unlessGone returns err, unless it says that the log does not exist any more: that is an error only where the
// log was not read to its end.
func (l *logStream) unlessGone(err error) error {
	switch {
	case !apierrors.IsNotFound(err) && !apierrors.IsBadRequest(err):
		return err
	case l.cut:
		return fmt.Errorf("the last lines of the log of pod %q are lost: the connection was lost, and the log was deleted before it could be read again", l.pod.Name)
	}
	return nil
}

// follow writes the log until the container has ended for good: of each attempt, where
// it is restarted in place. A stream that breaks before that is continued where it
// stopped.
func (l *logStream) follow(ctx context.Context, state func(*corev1.Pod, string) containerState) error {
	if l.restarts > 0 {
		if err := l.before(ctx); err != nil {
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
		now, err := l.await(ctx, state)
		switch {
		case err != nil:
			return err
		case now.restarts > l.restarts:
			if err := l.nextAttempt(ctx, now.restarts); err != nil {
				return err
			}
		case now.ended:
			return l.rest(ctx)
		}
	}
}

// endsLog reports whether err, which may be nil, is one that no other attempt can change.
func endsLog(err error) bool {
	return err != nil && !watcher.Passing(err) && !apierrors.IsBadRequest(err) && !errors.Is(err, errOtherLog)
}

// mostOthers is how many streams of another log are refused until they are taken for a new file of the same attempt.
const mostOthers = 5

// resumeAttempt follows the log of this attempt from where it was read to. The node gives that of the next attempt as
// soon as the container is restarted, which the pod shows later: nothing of it is written before the rest of this one.
func (l *logStream) resumeAttempt(ctx context.Context) error {
	before := l.written.bytes
	err := l.resume(ctx, corev1.PodLogOptions{Follow: true})
	if errors.Is(err, errOtherLog) {
		l.others++
		return err
	}
	l.begun, l.others = l.begun || l.written.bytes > before, 0
	return err
}

// nextAttempt goes over to the attempt after that many restarts: it names the attempts that are lost, and writes
// what is missing of the one before it.
func (l *logStream) nextAttempt(ctx context.Context, restarts int32) error {
	if restarts > l.restarts+2 {
		l.say(lostAttempts(l.pod.Name, l.container, l.restarts+1, restarts-2))
	}
	l.restarts, l.begun, l.others = restarts, false, 0
	return l.before(ctx)
}

// await waits until it is known what comes after the end of a stream: the container
// has ended, was started again, or still runs a moment later. The end of a container
// and the end of its log are not seen at once.
func (l *logStream) await(ctx context.Context, state func(*corev1.Pod, string) containerState) (containerState, error) {
	for looks := 0; ; looks++ {
		if !watcher.Sleep(ctx, l.settle) {
			return containerState{}, ctx.Err()
		}
		now := state(l.pod, l.container)
		if now.restarts > l.restarts || now.ended || now.running && looks >= mostLooks {
			return now, nil
		}
	}
}

// mostLooks is after how many looks a container is believed to run.
const mostLooks = 10

// before writes what is missing of the attempt before the present one.
func (l *logStream) before(ctx context.Context) error {
	return l.unlessGone(l.insist(ctx, corev1.PodLogOptions{Previous: true}))
}

// rest reads the log once more to its end: a stream can break in the last moments of
// a container without a word.
func (l *logStream) rest(ctx context.Context) error {
	if err := l.unlessGone(l.insist(ctx, corev1.PodLogOptions{})); err != nil {
		return err
	}
	return l.out.close(l)
}

// mostReads is how often a log is asked for whose container has ended, without anything new.
const mostReads = 5

// insist reads a log to its present end, also where the connection breaks.
func (l *logStream) insist(ctx context.Context, options corev1.PodLogOptions) error {
	for reads := 1; ; reads++ {
		before := l.written.bytes
		err := l.resume(ctx, options)
		if l.written.bytes > before {
			reads = 1
		}
		if err == nil || !watcher.Passing(err) || reads == mostReads {
			return err
		}
		if !watcher.Sleep(ctx, l.settle<<reads) {
			return ctx.Err()
		}
	}
}

// resume reads a log from where it was read to. Lines are told apart by their times.
func (l *logStream) resume(ctx context.Context, options corev1.PodLogOptions) error {
	options.Timestamps = true
	if since := l.written.since(); !since.IsZero() {
		options.SinceTime = &metav1.Time{Time: since}
	}
	r := l.written.reader(func(text []byte, start, end bool) error { return l.out.write(l, text, start, end) })
	r.same = options.Follow && l.begun && l.others < mostOthers
	err := l.read(ctx, options, r.take)
	if err == nil || watcher.Passing(err) {
		l.cut = err != nil
	}
	return err
}

// read hands the lines of a log to handle, see eachPart.
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

// eachPart hands each line of a log to handle, in parts where it is long: start and
// end say whether a part is the first and the last one of its line.
func eachPart(log io.Reader, handle func(text []byte, start, end bool) error) error {
	lines, start := bufio.NewReaderSize(log, part), true
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
