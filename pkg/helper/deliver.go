package helper

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

const (
	// silence is how long nothing may move before a delivery counts as lost. What
	// the system's buffers hold takes a while on a slow link.
	silence = 2 * time.Minute
	// farewell is how long an exec may take to end once all is said.
	farewell = 5 * time.Second
	// mostLine bounds an answer of the script in bytes.
	mostLine = 4 << 10
)

var (
	errStalled  = errors.New("nothing moved for too long")
	errUnproved = errors.New("what arrived is not what was sent")
)

// delivery is one exec of the script.
type delivery struct {
	nonce  string
	input  *io.PipeWriter
	output *bufio.Reader
	words  words
	ended  chan struct{}
	err    error // of exec, once it has ended
}

// deliver runs the script once.
func (i installer) deliver(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	d := i.start(ctx, func() { cancel(errStalled) })
	err := d.talk(i.binaries)
	d.dismiss(func() { cancel(nil) })
	switch {
	case err == nil:
		return nil
	case parent.Err() != nil:
		return parent.Err()
	case errors.Is(context.Cause(ctx), errStalled):
		return &UndeliveredError{errStalled}
	}
	return d.explain(err)
}

// start runs the script and returns at once.
func (i installer) start(ctx context.Context, stalled func()) *delivery {
	in, input := io.Pipe()
	pipe, out := io.Pipe()
	watchdog := time.AfterFunc(i.silence, stalled)
	moved := func() { watchdog.Reset(i.silence) }
	d := &delivery{nonce: rand.Text(), input: input, output: bufio.NewReaderSize(pipe, mostLine), ended: make(chan struct{})}
	argv := []string{"sh", "-c", install, "sh", d.nonce, i.dir, i.pid, seconds(i.patience)}
	go func() {
		defer close(d.ended)
		d.err = i.exec.Exec(ctx, i.at, argv, transport.Stdio{In: heardReader{in, moved}, Out: heardWriter{out, moved}, Err: &d.words})
		watchdog.Stop()
		_ = out.Close() // a nil error proves nothing: the answer does
		_ = in.Close()
	}()
	return d
}

// dismiss waits for the end of the script, which has said its last word.
func (d *delivery) dismiss(cancel func()) {
	_ = d.input.Close()
	impatient := time.AfterFunc(farewell, cancel)
	defer impatient.Stop()
	_, _ = io.Copy(io.Discard, d.output)
	<-d.ended
}

// talk sends the agent that the script asks for, and reads what became of it.
func (d *delivery) talk(binaries func(machine string) (Binary, bool)) error {
	hello, err := d.answer()
	if err != nil {
		return err
	}
	if len(hello) < 3 || hello[0] != "hello" {
		return &verdict{hello}
	}
	binary, ok := binaries(hello[1])
	if !ok {
		return &CannotRunError{Reason: "there is none for a machine of the kind " + hello[1]}
	}
	proof := []string{strconv.FormatInt(binary.Size, 10), binary.SHA256}
	there := slices.Equal(hello[3:], proof)
	go func() {
		// A script that has seen enough reads no further, and says why.
		_ = d.send(binary, hello[2] == "gzip", there)
		_ = d.input.Close()
	}()
	return d.outcome(proof, there)
}

func (d *delivery) send(binary Binary, packed, there bool) error {
	how, content := "keep", io.NopCloser(strings.NewReader(""))
	switch {
	case there:
	case packed && binary.Gzip != nil:
		how, content = "gzip", io.NopCloser(bytes.NewReader(binary.Gzip))
	default:
		how, content = "raw", binary.Open()
	}
	defer func() { _ = content.Close() }()
	if _, err := fmt.Fprintln(d.input, how, binary.Size, binary.SHA256); err != nil {
		return err
	}
	_, err := io.Copy(d.input, content)
	return err
}

// outcome reads the answers up to the last. Success takes all of them.
func (d *delivery) outcome(proof []string, proved bool) error {
	for {
		answer, err := d.answer()
		if err != nil {
			return err
		}
		switch answer[0] {
		case "got":
		case "checked":
			proved = slices.Equal(answer[1:], proof)
		case "serving":
			if !proved {
				return &UndeliveredError{errUnproved}
			}
			return nil
		default:
			return &verdict{answer}
		}
	}
}

// answer reads the words of the script's next line.
func (d *delivery) answer() ([]string, error) {
	line, err := d.output.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("the script in the pod did not answer: %w", err)
	}
	words := strings.Fields(string(line))
	if len(words) < 3 || words[0] != "kubectl-batch" || words[1] != d.nonce {
		return nil, fmt.Errorf("unexpected answer %.80q", line)
	}
	return words[2:], nil
}
