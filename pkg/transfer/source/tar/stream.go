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

// grace is how long dismiss waits for the end of an exec. Without it, only the last
// messages are missing.
const grace = 5 * time.Second

// someDiffer is the exit status of GNU tar if it read everything and some files changed meanwhile.
const someDiffer = 1

// silence is the time without data after which a stream counts as lost: if the network
// fails without an error, an exec never ends.
const silence = 2 * time.Minute

// stream is one running exec of the script.
type stream struct {
	ctx      context.Context
	cancel   context.CancelFunc
	input    *io.PipeWriter
	pipe     *io.PipeReader
	source   io.Reader     // reads pipe and fails after the time silence without data
	output   *bufio.Reader // of source, for the first line
	tar      *tarproof.Reader
	messages messages
	grace    time.Duration
	began    time.Time // by the clock of the container; zero where it does not tell
	skips    []string  // directories of the file system in the root that are skipped
	sockets  []string  // set by verify
	ended    chan struct{}
	execErr  error // read it through execResult
}

// start runs args in the container and returns at once.
func (s *Source) start(parent context.Context, container transport.Container, args []string) *stream {
	ctx, cancel := context.WithCancel(parent)
	in, input := io.Pipe()
	pipe, out := io.Pipe()
	impatient := &impatientReader{Reader: pipe, limit: s.silence, lost: func() { _ = out.CloseWithError(fmt.Errorf("no data received for %s", s.silence)) }}
	started := &stream{
		ctx: ctx, cancel: cancel, input: input, pipe: pipe, source: impatient,
		output: bufio.NewReaderSize(impatient, mostAnswer), ended: make(chan struct{}), grace: s.grace, messages: newMessages(),
	}
	go func() {
		defer close(started.ended)
		started.execErr = s.exec.Exec(ctx, container, args, transport.Stdio{In: in, Out: out, Err: started.messages})
		// A nil error proves nothing: the reader receives io.EOF and needs the trailer.
		_ = out.CloseWithError(started.execErr)
		_ = in.Close()
	}()
	return started
}

// impatientReader calls lost if a Read takes longer than limit.
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

// expect prepares the stream for tar bytes and their trailer.
func (s *stream) expect(nonce string, hashed bool) {
	rest, _ := s.output.Peek(s.output.Buffered())
	s.tar = tarproof.NewReader(io.MultiReader(bytes.NewReader(rest), s.source), nonce, hashed)
}

// Read implements io.Reader. After io.EOF, the caller must call verify.
func (s *stream) Read(p []byte) (int, error) { return s.tar.Read(p) }

// verify reads the rest of the stream, dismisses the script and returns the proof. Its error
// is a *transfer.LostError.
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

// cause adds the error of the exec, if it differs from err.
func (s *stream) cause(err error) error {
	execErr := s.execResult()
	if execErr == nil || errors.Is(err, execErr) {
		return err
	}
	return fmt.Errorf("%w: %w", err, execErr)
}

// execResult returns the error of the exec; nil while it runs.
func (s *stream) execResult() error {
	select {
	case <-s.ended:
		return s.execErr
	default:
		return nil
	}
}

// dismiss sends the line for which the script waits before it ends, and waits for its end for
// the time grace, because only then its messages are complete.
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
