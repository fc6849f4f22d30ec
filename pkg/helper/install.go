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
	// deliveries is how often the agent is sent before that is given up.
	deliveries = 3
	// patience is how long the agent may take to serve once it is in place: the
	// main process looks for it every turn where no signal reaches it.
	patience = 15 * time.Second
	// rethink is the pause before the agent is delivered again.
	rethink = 500 * time.Millisecond
)

// Binary is the agent for one kind of machine.
type Binary struct {
	// Size in bytes and SHA256 in hexadecimal of the executable.
	Size   int64
	SHA256 string
	// Gzip is the executable compressed; nil where there is only Open.
	Gzip []byte
	// Open returns the executable itself.
	Open func() io.ReadCloser
}

// install is the script that puts the agent into place, with the arguments NONCE
// DIR PID PATIENCE. Its lines are
//
//	kubectl-batch NONCE hello MACHINE gzip|raw [SIZE SHA256]   of the agent that is there
//	(read) gzip|raw SIZE SHA256 and then the bytes, to the end of the input; or keep
//	kubectl-batch NONCE got SIZE
//	kubectl-batch NONCE checked SIZE SHA256                    as the agent says of itself
//	kubectl-batch NONCE serving|short|wrong|cannot|asleep|other
//
// Nothing of an exec's input is certain to arrive once the program that reads it
// has closed the output it was given (seen with containerd, over both protocols,
// always with status 0): so the shell and what reads for it keep that open, as 3
// and 4, and the count and the hash are the proof.
//
//go:embed install.sh
var install string

// Install puts the agent into the helper at and has it serve SocketPath. One that
// serves there already is used as it is. binaries returns the agent for a machine
// as uname -m calls it.
//
// The error is a *NoShellError, a *CannotRunError, an *UndeliveredError after
// several tries, or what the API server says to an exec.
func Install(ctx context.Context, exec transport.Executor, at transport.Container, binaries func(machine string) (Binary, bool)) error {
	return installer{exec: exec, at: at, binaries: binaries, dir: AgentDir, pid: "1", patience: patience, silence: silence, rethink: rethink}.install(ctx)
}

// installer installs one agent.
type installer struct {
	exec     transport.Executor
	at       transport.Container
	binaries func(machine string) (Binary, bool)
	dir, pid string
	patience time.Duration // in whole seconds
	silence  time.Duration
	rethink  time.Duration
}

func (i installer) install(ctx context.Context) error {
	for try := 1; ; try++ {
		err := i.deliver(ctx)
		_, again := errors.AsType[*UndeliveredError](err)
		if !again || try == deliveries || apierrors.IsNotFound(err) || ctx.Err() != nil {
			return err
		}
		timer := time.NewTimer(i.rethink)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}
