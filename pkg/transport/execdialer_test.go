//go:build unix

package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/exec"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// runs is an ExecDialer of a program on this machine.
func runs(argv ...string) *transport.ExecDialer {
	return &transport.ExecDialer{
		Executor: &localexec.Executor{}, Argv: argv,
		At: transport.Container{Namespace: "lab", Pod: "fetch-x", Name: "helper"},
	}
}

const execConns = "transport.(*execConn)"

// The program's streams are a connection, which ends the program when it closes.
func TestExecDialer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	conn, err := runs("cat").Dial(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel() // of the dial
	for _, size := range []int{1, 3 << 20, 100} {
		echoes(t, conn, size)
	}
	if got := conn.RemoteAddr(); got.Network() != "exec" || got.String() != "lab/fetch-x/helper" {
		t.Errorf("%s %s", got.Network(), got)
	}
	for range 2 {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: %v", err)
	}
	if _, err := conn.Write(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write: %v", err)
	}
	noneLeft(t, execConns)
}

// An end that is not just the end of output is told, after the output.
func TestExecDialerEnds(t *testing.T) {
	const program = `running "sh -c SCRIPT" in pod "fetch-x": `
	for script, want := range map[string]string{
		"echo out":                              "EOF",
		"echo out; exit 3":                      program + "command terminated: exit status 3",
		"echo out; echo no >&2; exit 3":         program + "command terminated: exit status 3: no",
		"echo out; echo no such file >&2":       program + "no such file",
		"echo out; printf 'a\\033[0m\\nb' >&2":  program + `a\x1b[0m b`,
		"echo out; head -c 5000 /dev/zero >&2;": "EOF",
	} {
		t.Run(script, func(t *testing.T) {
			conn := dial(t, runs("sh", "-c", script))
			out, err := readAll(conn)
			if out != "out\n" {
				t.Errorf("output %q", out)
			}
			want := strings.ReplaceAll(want, "SCRIPT", strings.ReplaceAll(script, `\`, `\\`))
			if err == nil || err.Error() != want {
				t.Errorf("%v; want %s", err, want)
			}
			ended, coded := errors.AsType[exec.CodeExitError](err)
			if wants := strings.Contains(script, "exit"); coded != wants || coded && ended.Code != 3 {
				t.Errorf("exit status %+v", ended)
			}
		})
	}
}

func readAll(r io.Reader) (string, error) {
	var out strings.Builder
	buffer := make([]byte, 1000)
	for {
		n, err := r.Read(buffer)
		out.Write(buffer[:n])
		if err != nil {
			return out.String(), err
		}
	}
}

// Whoever writes to a program that has ended learns why it did.
func TestExecDialerWriteAfterEnd(t *testing.T) {
	conn := dial(t, runs("sh", "-c", "echo no such file >&2; exit 1"))
	_, _ = readAll(conn)
	_, err := conn.Write([]byte("x"))
	ended, ok := errors.AsType[*transport.ExecError](err)
	if !ok || ended.Stderr != "no such file" || ended.Pod != "fetch-x" {
		t.Errorf("%v", err)
	}
	quiet := dial(t, runs("true"))
	_, _ = readAll(quiet)
	if _, err := quiet.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("%v", err)
	}
	// A writer that waits for room is woken, too.
	if _, err := dial(t, runs("sleep", "0.1")).Write(make([]byte, 1<<20)); err == nil {
		t.Error("a megabyte was written to a program that does not read")
	}
}

// Closing ends a program that floods, one that ignores its input, and whoever
// waits in a Read or Write.
func TestExecDialerClose(t *testing.T) {
	for name, argv := range map[string][]string{"flood": {"yes"}, "deaf": {"sleep", "1000"}} {
		dialer := runs(argv...)
		dialer.Grace = 50 * time.Millisecond
		conn := dial(t, dialer)
		ended := make(chan error, 2)
		go func() { _, err := io.Copy(io.Discard, conn); ended <- err }()
		go func() { _, err := conn.Write(make([]byte, 1<<20)); ended <- err }()
		_ = conn.Close()
		for range 2 {
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		}
		noneLeft(t, execConns, "os/exec.(*Cmd)")
	}
}

// Closing wakes a Read and a Write that wait, at once, and ends the exec a second later.
func TestExecDialerCloseWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		killed := make(chan time.Time, 1)
		deaf := execFunc(func(ctx context.Context, _ transport.Stdio) error {
			<-ctx.Done()
			killed <- time.Now()
			return ctx.Err()
		})
		conn := dial(t, &transport.ExecDialer{Executor: deaf})
		ended := make(chan error, 2)
		go func() { _, err := conn.Read(make([]byte, 1)); ended <- err }()
		go func() { _, err := conn.Write(make([]byte, 1<<20)); ended <- err }()
		synctest.Wait()
		if len(ended) > 0 {
			t.Fatal("they do not wait: ", <-ended)
		}
		begin := time.Now()
		_ = conn.Close()
		for range 2 {
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("closing took %v", took)
		}
		if elapsed := (<-killed).Sub(begin); elapsed != time.Second {
			t.Errorf("the exec was ended after %v", elapsed)
		}
	})
}

// A deadline that was taken back ends nothing.
func TestExecDialerDeadlineTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		echo := execFunc(func(_ context.Context, stdio transport.Stdio) error {
			_, err := io.Copy(stdio.Out, stdio.In)
			return err
		})
		conn := dial(t, &transport.ExecDialer{Executor: echo})
		_ = conn.SetDeadline(time.Now().Add(30 * time.Millisecond))
		_ = conn.SetDeadline(time.Time{})
		time.Sleep(time.Minute)
		echoes(t, conn, 1000)
	})
}

// Deadlines wake both directions; what was written before is counted.
func TestExecDialerDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const accepted = 1000
		stops := execFunc(func(ctx context.Context, stdio transport.Stdio) error {
			_, _ = io.CopyN(io.Discard, stdio.In, accepted)
			<-ctx.Done()
			return ctx.Err()
		})
		conn := dial(t, &transport.ExecDialer{Executor: stops})
		soon := func() time.Time { return time.Now().Add(30 * time.Millisecond) }
		_ = conn.SetReadDeadline(soon())
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read: %v", err)
		}
		_ = conn.SetWriteDeadline(soon())
		if n, err := conn.Write(make([]byte, 4<<20)); !errors.Is(err, os.ErrDeadlineExceeded) || n < accepted {
			t.Errorf("write: %d, %v", n, err)
		}
		_ = conn.Close()
		time.Sleep(time.Minute) // the exec ends within the grace period
	})
}

// A deadline in the past wakes at once, also where a process would answer.
func TestExecDialerDeadlinePassed(t *testing.T) {
	cat := dial(t, runs("cat"))
	_ = cat.SetDeadline(time.Now().Add(-time.Second))
	if _, err := cat.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a deadline that has passed: %v", err)
	}
	_ = cat.Close()
	noneLeft(t, execConns, "os/exec.(*Cmd)")
}

// A dial that is late begins nothing.
func TestExecDialerCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dialer := runs("cat")
	if _, err := dialer.Dial(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got := dialer.Executor.(*localexec.Executor).Count(); got != 0 {
		t.Errorf("%d execs", got)
	}
}
