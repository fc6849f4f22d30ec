//go:build unix

package helper

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// pod is a helper on this machine.
type pod struct {
	dir, pid string
	log      chan string // what it writes, in pieces
	ended    chan error
}

// start runs the main script of a helper pod in the shell of executor. Only processes
// in the directory proc count.
func start(t *testing.T, executor *localexec.Executor, turns, turn, proc string) *pod {
	t.Helper()
	dir := t.TempDir()
	p := &pod{dir: dir, log: make(chan string, 10), ended: make(chan error, 1)}
	in, pids := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	output := &firstLine{rest: p.log, destination: pids}
	go func() {
		defer close(done)
		argv := []string{"sh", "-c", "trap '' USR1; echo $$\n" + main, "helper", turns, turn, dir, "/root-of-volume", proc + "/1"}
		p.ended <- executor.Exec(ctx, transport.Container{}, argv, transport.Stdio{Out: output, Err: os.Stderr})
	}()
	if _, err := fmt.Fscanln(in, &p.pid); err != nil {
		t.Fatal(err)
	}
	return p
}

// firstLine splits off the first line.
type firstLine struct {
	destination *io.PipeWriter
	rest        chan<- string
	complete    bool
}

func (f *firstLine) Write(p []byte) (int, error) {
	text := string(p)
	if !f.complete {
		var line string
		line, text, f.complete = strings.Cut(text, "\n")
		_, _ = f.destination.Write([]byte(line + "\n"))
	}
	if text != "" {
		f.rest <- text
	}
	return len(p), nil
}

// shells are the shells of this machine in which the main script can run.
func shells(t *testing.T) map[string]func() *localexec.Executor {
	t.Helper()
	executors := localexec.Shells(t)
	delete(executors, "plain") // it has no sleep
	return executors
}

// nap waits until the main script sleeps, in a process that is not among known, and returns the process.
func (p *pod) nap(t *testing.T, ignored ...string) string {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		select {
		case err := <-p.ended:
			t.Fatalf("it ended: %v", err)
		default:
		}
		for _, pid := range p.children(t) {
			if !slices.Contains(ignored, pid) {
				return pid
			}
		}
	}
	t.Fatal("it does not sleep")
	return ""
}

// children returns the processes that the main script has started.
func (p *pod) children(t *testing.T) (pids []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, stat := range stats {
		text, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended
		}
		// The name, in brackets, can hold anything.
		if fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])); len(fields) > 1 && fields[1] == p.pid {
			pids = append(pids, filepath.Base(filepath.Dir(stat)))
		}
	}
	return pids
}

// Nothing but other processes keeps a helper without an agent; it ends at TERM.
func TestMainEnds(t *testing.T) {
	for name, fresh := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proc := t.TempDir()
			for _, pid := range []string{"1", "7"} {
				if err := os.Mkdir(filepath.Join(proc, pid), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(proc, pid, "exe"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p := start(t, fresh(), "3", "0.1", proc)
			var naps []string
			for range 6 { // looks
				naps = append(naps, p.nap(t, naps...))
			}
			if err := os.Remove(filepath.Join(proc, "7", "exe")); err != nil { // a zombie now
				t.Fatal(err)
			}
			select {
			case err := <-p.ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it does not end")
			}
		})
	}
	for name, fresh := range shells(t) {
		t.Run(name+" at TERM", func(t *testing.T) {
			t.Parallel()
			p := start(t, fresh(), "600", "0.3", "/proc")
			pid, err := strconv.Atoi(p.pid)
			if err != nil {
				t.Fatal(err)
			}
			naps := []string{p.nap(t)}
			for range 3 { // a wake-up for nothing ends nothing
				if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
					t.Fatal(err)
				}
				naps = append(naps, p.nap(t, naps...))
			}
			if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-p.ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it does not end")
			}
		})
	}
}
