package signals_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/cmd/kubectl-batch/signals"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
)

// hanging names the environment variable that makes this program such a command: "hangs" never ends its cleanup,
// "tidies" uses the whole grace period.
const hanging = "SIGNALS_TEST"

func TestMain(m *testing.M) {
	mode := os.Getenv(hanging)
	if mode == "" {
		os.Exit(m.Run())
	}
	grace, limit := 100*time.Millisecond, time.Hour
	if mode == "hangs" {
		limit = 300 * time.Millisecond
	}
	ctx := signals.Watch(os.Stderr, grace, limit)
	_, _ = os.Stdout.WriteString("ready\n")
	<-ctx.Done()
	_, _ = os.Stdout.WriteString("received\n")
	received, _ := interrupt.Of(ctx)
	if mode == "hangs" {
		select {}
	}
	<-received.Over
	_, _ = os.Stdout.WriteString("tidied up\n")
	os.Exit(received.Status)
}

// TestSignalsEndTheProcess sends several signals in short succession, to a command whose cleanup takes the whole grace
// period, and to a command whose cleanup never ends.
func TestSignalsEndTheProcess(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no process there can send these to another
	}
	// A process that catches a signal starts others with its default: below nohup SIGHUP would stay ignored.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(caught) })
	for name, tt := range map[string]struct {
		signals []syscall.Signal
		status  int
	}{
		"SIGINT":        {[]syscall.Signal{syscall.SIGINT}, 130},
		"SIGTERM":       {[]syscall.Signal{syscall.SIGTERM}, 143},
		"SIGHUP":        {[]syscall.Signal{syscall.SIGHUP}, 143},
		"SIGTERM twice": {[]syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, 143},
		"all":           {[]syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT}, 130},
	} {
		for _, mode := range []string{"tidies", "hangs"} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				command := exec.CommandContext(t.Context(), os.Args[0])
				command.Env = append(os.Environ(), hanging+"="+mode)
				out := begin(t, command)
				send(t, command, tt.signals[0])
				expect(t, out, "received")
				send(t, command, tt.signals[1:]...)
				status, rest := end(command, out)
				if status != tt.status {
					t.Errorf("status %d", status)
				}
				if tidied := strings.Contains(rest, "tidied up\n"); tidied != (mode == "tidies") {
					t.Errorf("printed %q", rest)
				}
			})
		}
	}
}

// TestNohup: a hangup that was ignored when the program began stays ignored.
func TestNohup(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // it knows no hangup
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", `trap "" HUP; exec "$0"`, os.Args[0])
	command.Env = append(os.Environ(), hanging+"=tidies")
	out := begin(t, command)
	// Signals that are pending together arrive in the order of their numbers, and SIGHUP has the lowest.
	send(t, command, syscall.SIGHUP, syscall.SIGINT)
	if status, _ := end(command, out); status != 130 {
		t.Errorf("status %d", status)
	}
}

// begin starts command and returns its output, once the command has begun to watch for signals.
func begin(t *testing.T, command *exec.Cmd) *bufio.Scanner {
	t.Helper()
	pipe, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewScanner(pipe)
	expect(t, out, "ready")
	return out
}

func expect(t *testing.T, out *bufio.Scanner, line string) {
	t.Helper()
	if !out.Scan() || out.Text() != line {
		t.Fatalf("%q in place of %q, %v", out.Text(), line, out.Err())
	}
}

func send(t *testing.T, command *exec.Cmd, signals ...syscall.Signal) {
	t.Helper()
	for _, one := range signals {
		if err := command.Process.Signal(one); err != nil {
			t.Fatal(err)
		}
	}
}

// end waits for command, and returns its status and the rest of its output.
func end(command *exec.Cmd, out *bufio.Scanner) (status int, rest string) {
	var lines strings.Builder
	for out.Scan() {
		lines.WriteString(out.Text() + "\n")
	}
	err := command.Wait()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return ended.ExitCode(), lines.String()
	}
	return 0, lines.String()
}
