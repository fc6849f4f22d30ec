package tar

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/tarproof"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// grace is how long an exec may take to end once it was dismissed. Only its last
// messages are waited for.
const grace = 5 * time.Second

// someDiffer is the status of GNU tar where it read everything, and some of that changed meanwhile.
const someDiffer = 1

// silence is how long nothing may come before a stream counts as lost: a network
// can die without a word, and an exec then never ends.
const silence = 2 * time.Minute

// stream is one running exec of the script.
type stream struct {
	ctx      context.Context
	cancel   context.CancelFunc
	input    *io.PipeWriter
	pipe     *io.PipeReader
	source   io.Reader     // of pipe, as long as something comes
	output   *bufio.Reader // of source, for the first line
	tar      *tarproof.Reader
	messages messages
	grace    time.Duration
	began    time.Time // by the clock of the container; zero where it does not tell
	skips    []string  // directories of the file system in the root that are left out
	sockets  []string  // known once the stream was verified
	ended    chan struct{}
	execErr  error // to be read through said
}

// start runs args in the container and returns at once.
func (s *Source) start(parent context.Context, container transport.Container, args []string) *stream {
	ctx, cancel := context.WithCancel(parent)
	in, input := io.Pipe()
	pipe, out := io.Pipe()
	impatient := &impatientReader{Reader: pipe, limit: s.silence, lost: func() { _ = out.CloseWithError(fmt.Errorf("no data received for %s", s.silence)) }}
	started := &stream{
		ctx: ctx, cancel: cancel, input: input, pipe: pipe, source: impatient,
		output: bufio.NewReaderSize(impatient, mostAnswer), ended: make(chan struct{}), grace: s.grace,
	}
	go func() {
		defer close(started.ended)
		started.execErr = s.exec.Exec(ctx, container, args, transport.Stdio{In: in, Out: out, Err: &started.messages})
		// A nil error is no proof of anything: the reader sees a plain EOF.
		_ = out.CloseWithError(started.execErr)
		_ = in.Close()
	}()
	return started
}

// impatientReader gives up a Read that takes longer than limit.
type impatientReader struct {
	io.Reader
	limit time.Duration
	lost  func()
}

func (r *impatientReader) Read(p []byte) (int, error) {
	timer := time.AfterFunc(r.limit, r.lost)
	defer timer.Stop()
	return r.Reader.Read(p)
}

// expect readies the stream for tar bytes and their trailer.
func (s *stream) expect(nonce string, hashed bool) {
	rest, _ := s.output.Peek(s.output.Buffered())
	s.tar = tarproof.NewReader(io.MultiReader(bytes.NewReader(rest), s.source), nonce, hashed)
}

// Read implements io.Reader. The end of it proves nothing: verify does.
func (s *stream) Read(p []byte) (int, error) { return s.tar.Read(p) }

// verify reads what is left and says how the stream ended. The script is
// dismissed when all is here. Its error is a *transfer.LostError.
func (s *stream) verify() (transfer.Proof, error) {
	end, err := s.tar.Finish()
	s.dismiss()
	if err != nil {
		return transfer.Proof{}, &transfer.LostError{Cause: s.cause(err)}
	}
	s.sockets = s.messages.takeSockets()
	proof := transfer.Proof{Hashed: end.Sum != "", Status: end.Status, Messages: s.messages.lines()}
	if end.Status == someDiffer {
		for _, name := range s.messages.changed() {
			proof.Changed = append(proof.Changed, path.Clean(name))
		}
	}
	return proof, nil
}

// cause adds what exec said, where it said more than the end of its output did.
func (s *stream) cause(err error) error {
	execErr := s.execResult()
	if execErr == nil || errors.Is(err, execErr) {
		return err
	}
	return fmt.Errorf("%w: %w", err, execErr)
}

// execResult is what exec returned; nil also while it runs.
func (s *stream) execResult() error {
	select {
	case <-s.ended:
		return s.execErr
	default:
		return nil
	}
}

// dismiss answers the script, which then ends, and waits for that a moment: only
// then are its messages complete. After the proof exec's own error says nothing.
func (s *stream) dismiss() {
	ctx, cancel := context.WithTimeout(s.ctx, s.grace)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.input.Close() })
	_, _ = io.WriteString(s.input, "\n")
	_ = s.input.Close()
	stop()
	select {
	case <-s.ended:
	case <-ctx.Done():
	}
}

// Close ends the exec, whatever its state.
func (s *stream) Close() error {
	s.cancel()
	_ = s.input.Close()
	_ = s.pipe.Close()
	<-s.ended
	return nil
}
