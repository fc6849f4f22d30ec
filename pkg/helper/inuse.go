package helper

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const (
	// useTimeout bounds one look into a helper.
	useTimeout = 5 * time.Second
	// useLooks and usePause allow for connections of a client that was killed a
	// moment ago: they close one after the other.
	useLooks = 3
	usePause = 300 * time.Millisecond
)

// inUse prints whether a client uses the helper, with the arguments NONCE SOCKET PROC.
// A client has a TCP connection (tunnel) or a process without a parent in the
// container (exec). Its own shell and the main process do not count.
//
//go:embed inuse.sh
var inUse string

// use is what a look into a running helper found.
type use int

const (
	// unknown is also a helper that somebody uses: neither may be taken.
	unknown use = iota
	// idleEmpty has no agent yet: a client may be about to install one.
	idleEmpty
	// idleServing has an agent without a client.
	idleServing
)

// InUse reports whether a client is connected to the helper pod, or can be about to connect. It is true where that
// is not known: exec is nil or not allowed, or the pod does not run yet. now is the time of the server.
func InUse(ctx context.Context, exec transport.Executor, pod *corev1.Pod, now time.Time) bool {
	if pod.Status.Phase != corev1.PodRunning || exec == nil {
		return true
	}
	switch useOf(ctx, exec, transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: Container}) {
	case idleServing:
		return false
	case idleEmpty: // a client installs the agent as soon as the pod runs
		statuses := pod.Status.ContainerStatuses
		return len(statuses) == 0 || statuses[0].State.Running == nil || now.Sub(statuses[0].State.Running.StartedAt.Time) <= settling
	default:
		return true
	}
}

// useOf is lookForUse, repeated as long as connections may still be closing.
func useOf(ctx context.Context, exec transport.Executor, at transport.Container) use {
	for look := 1; ; look++ {
		found := lookForUse(ctx, exec, at, "/proc")
		if found != unknown || look == useLooks || ctx.Err() != nil {
			return found
		}
		select {
		case <-ctx.Done():
		case <-time.After(usePause):
		}
	}
}

// lookForUse runs the script once. Only its own words count: a nil error of an
// exec proves nothing.
func lookForUse(ctx context.Context, exec transport.Executor, at transport.Container, proc string) use {
	ctx, cancel := context.WithTimeout(ctx, useTimeout)
	defer cancel()
	nonce, out := rand.Text(), &boundedBuffer{}
	argv := []string{"sh", "-c", inUse, "sh", nonce, SocketPath, proc}
	if exec.Exec(ctx, at, argv, transport.Stdio{Out: out, Err: &words{}}) != nil {
		return unknown
	}
	answer := strings.Fields(out.String())
	switch {
	case slices.Equal(answer, []string{"kubectl-batch", nonce, "idle", "serving"}):
		return idleServing
	case slices.Equal(answer, []string{"kubectl-batch", nonce, "idle", "empty"}):
		return idleEmpty
	}
	return unknown
}

// boundedBuffer keeps the first bytes of what is written to it.
type boundedBuffer struct{ bytes.Buffer }

// Write implements io.Writer. It accepts everything, also what it does not keep.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	_, _ = b.Buffer.Write(p[:min(len(p), mostLine-b.Len())])
	return len(p), nil
}
