package helper

import (
	"context"
	"crypto/rand"
	_ "embed"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/capped"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/wait"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const (
	// useTimeout is the limit of one query.
	useTimeout = 5 * time.Second
	// useAttempts and usePause give the connections of a client that was just killed time to close:
	// they close one after the other.
	useAttempts = 3
	usePause    = 300 * time.Millisecond
)

// inUse prints whether a client uses the helper pod, with the arguments NONCE SOCKET PROC.
// A client has a TCP connection (tunnel) or a process without a parent in the
// container (exec). The script's own shell and the main process do not count.
//
//go:embed inuse.sh
var inUse string

// use is the result of a query of a running helper pod.
type use int

const (
	// unknown includes a helper pod that has a client: neither may be reused.
	unknown use = iota
	// idleEmpty is a helper pod without an agent: a client may be about to install one.
	idleEmpty
	// idleServing is a helper pod whose agent has no client.
	idleServing
)

// InUse reports whether a client is connected to the helper pod, or may be about to connect. It also returns true if
// this is unknown: exec is nil or not allowed, or the pod does not run yet.
func InUse(ctx context.Context, exec transport.Executor, pod *corev1.Pod, serverTime time.Time) bool {
	if pod.Status.Phase != corev1.PodRunning || exec == nil {
		return true
	}
	switch useOf(ctx, exec, transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: Container}) {
	case idleServing:
		return false
	case idleEmpty: // a client installs the agent as soon as the pod runs
		statuses := pod.Status.ContainerStatuses
		return len(statuses) == 0 || statuses[0].State.Running == nil || serverTime.Sub(statuses[0].State.Running.StartedAt.Time) <= installGrace
	default:
		return true
	}
}

// useOf calls queryUse repeatedly while connections may still be closing.
func useOf(ctx context.Context, exec transport.Executor, container transport.Container) use {
	for attempt := 1; ; attempt++ {
		result := queryUse(ctx, exec, container, "/proc")
		if result != unknown || attempt == useAttempts || ctx.Err() != nil {
			return result
		}
		wait.For(ctx, usePause)
	}
}

// queryUse runs the script once. Only the script's output counts: an exec can return a nil error
// although the script did not run.
func queryUse(ctx context.Context, exec transport.Executor, container transport.Container, proc string) use {
	ctx, cancel := context.WithTimeout(ctx, useTimeout)
	defer cancel()
	nonce, out := rand.Text(), capped.NewBuffer(maxLine)
	argv := []string{"sh", "-c", inUse, "sh", nonce, SocketPath, proc}
	if exec.Exec(ctx, container, argv, transport.Stdio{Out: out, Err: newMessageBuffer()}) != nil {
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
