package helper

import (
	"context"
	_ "embed"
	"errors"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const (
	// maxDeliveries is the number of attempts to send the agent.
	maxDeliveries = 3
	// serveTimeout is how long the agent may take to serve after it was copied. If the main process
	// receives no signal, it looks for the agent every pollInterval.
	serveTimeout = 15 * time.Second
	// retryPause is the pause before another attempt.
	retryPause = 500 * time.Millisecond
)

// Binary is the agent for one kind of machine.
type Binary struct {
	// Size in bytes and SHA256 in hexadecimal of the executable.
	Size   int64
	SHA256 string
	// Gzip is the executable compressed; nil if only Open provides it.
	Gzip []byte
	// Open returns the executable itself.
	Open func() io.ReadCloser
}

// install is the script that copies the agent into the pod, with the arguments NONCE
// DIR PID PATIENCE. It writes and reads these lines:
//
//	kubectl-batch NONCE hello MACHINE gzip|raw [SIZE SHA256]   SIZE and SHA256 of the agent that is present
//	(read) gzip|raw SIZE SHA256 and then the bytes, to the end of the input; or keep
//	kubectl-batch NONCE got SIZE
//	kubectl-batch NONCE checked SIZE SHA256                    as the agent reports them
//	kubectl-batch NONCE serving|short|wrong|cannot|asleep|other
//
// The input of an exec may be lost after the program that reads it has closed the output that it was
// given (seen with containerd, with both protocols, always with status 0). Therefore the shell and its
// reader keep the output open, as descriptors 3 and 4, and the size and the hash are checked.
//
//go:embed install.sh
var install string

// Install copies the agent into the helper container and waits until it serves SocketPath. An agent that
// already serves there is used. binaries returns the agent for a machine
// as uname -m calls it; false if there is none.
//
// The error is a *NoShellError, a *CannotRunError, an *UndeliveredError after
// several attempts, or the API server's error.
func Install(ctx context.Context, exec transport.Executor, container transport.Container, binaries func(machine string) (Binary, bool)) error {
	return installer{exec: exec, container: container, binaries: binaries, dir: AgentDir, pid: "1", serveTimeout: serveTimeout, stallTimeout: stallTimeout, retryPause: retryPause}.install(ctx)
}

// installer installs one agent.
type installer struct {
	exec         transport.Executor
	container    transport.Container
	binaries     func(machine string) (Binary, bool)
	dir, pid     string
	serveTimeout time.Duration // in whole seconds
	stallTimeout time.Duration
	retryPause   time.Duration
}

func (i installer) install(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		err := i.deliver(ctx)
		_, retryable := errors.AsType[*UndeliveredError](err)
		if !retryable || attempt == maxDeliveries || apierrors.IsNotFound(err) || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(i.retryPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}
