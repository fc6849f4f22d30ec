package job

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
)

// logStream is the log of one container.
type logStream struct {
	client    cluster.Interface
	pod       *corev1.Pod
	container string
	prefix    string
	out       io.Writer
	// last is the time of the newest line that was written, resumed that of the
	// newest one when the stream was last opened again.
	last, resumed time.Time
}

// copy writes the log as it is now.
func (l *logStream) copy(ctx context.Context) error {
	return l.read(ctx, corev1.PodLogOptions{Container: l.container}, func(line []byte) error {
		_, err := l.out.Write(prefixed(l.prefix, line))
		return err
	})
}

// follow writes the log until the container has ended. A stream that breaks
// before that goes on where it stopped: lines are told apart by their time.
func (l *logStream) follow(ctx context.Context, running func(*corev1.Pod, string) bool) error {
	for {
		options := corev1.PodLogOptions{Container: l.container, Follow: true, Timestamps: true}
		if l.resumed = l.last; !l.last.IsZero() {
			options.SinceTime = &metav1.Time{Time: l.last}
		}
		err := l.read(ctx, options, l.stamped)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if apierrors.IsNotFound(err) {
			return nil // the pod is gone, and its log with it
		}
		if err != nil && !follow.Passing(err) || !l.unfinished(ctx, running) {
			return err
		}
	}
}

// unfinished reports whether the container still runs a moment after its log
// ended: the end of a container and the end of its log are not seen at once.
func (l *logStream) unfinished(ctx context.Context, running func(*corev1.Pod, string) bool) bool {
	for range 10 {
		if !follow.Sleep(ctx, settle) || !running(l.pod, l.container) {
			return false
		}
	}
	return true
}

// stamped writes a line without the time before it, unless it was written before.
func (l *logStream) stamped(line []byte) error {
	stamp, text, _ := bytes.Cut(line, []byte(" "))
	when, err := time.Parse(time.RFC3339Nano, string(stamp))
	switch {
	case err != nil:
		text = line // not a line of the container: the kubelet's own words
	case !l.resumed.IsZero() && !when.After(l.resumed):
		return nil
	default:
		l.last = when
	}
	_, err = l.out.Write(prefixed(l.prefix, text))
	return err
}

// read hands each line, with its line break, to handle.
func (l *logStream) read(ctx context.Context, options corev1.PodLogOptions, handle func([]byte) error) error {
	stream, err := l.client.CoreV1().Pods(l.pod.Namespace).GetLogs(l.pod.Name, &options).Stream(ctx)
	if err != nil {
		return fmt.Errorf("reading the log of pod %q: %w", l.pod.Name, err)
	}
	defer func() { _ = stream.Close() }()
	lines := bufio.NewReader(stream)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err != nil && l.prefix != "" {
				line = append(line, '\n') // or the next pod's line would go on here
			}
			if err := handle(line); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the log of pod %q: %w", l.pod.Name, err)
		}
	}
}
