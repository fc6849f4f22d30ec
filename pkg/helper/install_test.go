//go:build unix

package helper

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// built is the agent of testdata, by the flags it was built with.
var built = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "agent-*")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	executable := filepath.Join(dir, "agent")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", executable, "-ldflags=-s -w", "./testdata/agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(executable)
})

// agent returns a Binary with that content, nil for that of testdata.
func agent(t *testing.T, content []byte) Binary {
	t.Helper()
	if content == nil {
		var err error
		if content, err = built(); err != nil {
			t.Fatal(err)
		}
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return Binary{
		Size: int64(len(content)), SHA256: fmt.Sprintf("%x", sha256.Sum256(content)), Gzip: packed.Bytes(),
		Open: func() io.ReadCloser { return io.NopCloser(bytes.NewReader(content)) },
	}
}

func (p *pod) installer(executor transport.Executor, binary Binary) installer {
	return installer{
		exec: executor, dir: p.dir, pid: p.pid, serveTimeout: 10 * time.Second, stallTimeout: time.Minute, retryPause: time.Millisecond,
		binaries: func(machine string) (Binary, bool) { return binary, machine != "" },
	}
}

// serves checks that the main process has become the agent.
func (p *pod) serves(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("unix", filepath.Join(p.dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	if got, want := <-p.log, "serving /root-of-volume as "+p.pid+"\n"; got != want {
		t.Errorf("log: %q; want %q", got, want)
	}
}

// The agent arrives, the main process becomes it, and a second client finds it.
func TestInstall(t *testing.T) {
	for name, fresh := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, fresh(), "60", "60", "/proc") // it must be woken up
			client := fresh()
			for range 2 {
				if err := p.installer(client, agent(t, nil)).install(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if entries, err := os.ReadDir(p.dir); err != nil || len(entries) != 2 {
				t.Errorf("left behind: %v, %v", entries, err)
			}
			if client.Count() != 2 {
				t.Errorf("%d execs", client.Count())
			}
			p.serves(t)
		})
	}
}

// Without gzip the executable is sent as it is.
func TestInstallRaw(t *testing.T) {
	path := localexec.Links(t, "sh", "sleep", "uname", "rm", "cat", "wc", "chmod", "mv")
	executor := &localexec.Executor{Shell: []string{filepath.Join(path, "sh")}, Path: path}
	p := start(t, executor, "600", "0.1", "/proc")
	binary := agent(t, nil)
	binary.Gzip = []byte("not asked for")
	if err := p.installer(executor, binary).install(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.serves(t)
}

// Two clients at once both succeed, and after a lost wake-up the agent starts at the next look.
func TestInstallTwice(t *testing.T) {
	for name, fresh := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, fresh(), "600", "0.1", "/proc")
			deaf := p.installer(fresh(), agent(t, nil))
			deaf.pid = "999999999"
			failed := make(chan error, 3)
			for range 3 {
				go func() { failed <- deaf.install(t.Context()) }()
			}
			for range 3 {
				if err := <-failed; err != nil {
					t.Error(err)
				}
			}
			p.serves(t)
		})
	}
}

// A stream that is cut anywhere is no success; the next try is.
func TestInstallCut(t *testing.T) {
	binary := agent(t, nil)
	for name, fresh := range shells(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := start(t, fresh(), "600", "0.1", "/proc")
			for _, share := range []int64{0, 1, 50, 99} {
				cut := binary
				cut.Gzip = binary.Gzip[:int64(len(binary.Gzip))*share/100]
				err := p.installer(fresh(), cut).deliver(t.Context())
				if _, ok := errors.AsType[*UndeliveredError](err); !ok {
					t.Errorf("%d%% of it: %v", share, err)
				}
			}
			client := fresh()
			client.Cuts = []int64{0, 60}
			if err := p.installer(client, binary).install(t.Context()); err != nil || client.Count() != 3 {
				t.Fatalf("%v after %d execs", err, client.Count())
			}
			p.serves(t)
		})
	}
}

// Failures that another attempt cannot repair are reported as such, with the message of the container.
func TestInstallCannot(t *testing.T) {
	sh := func() *localexec.Executor { return &localexec.Executor{} }
	working := agent(t, nil)
	failing := agent(t, []byte("#!/bin/sh\necho 'wrong machine' >&2\nexit 1\n"))
	lying := agent(t, []byte("#!/bin/sh\necho 1 2\n"))
	noDir := func(i *installer) { i.dir += "/none" }
	for name, test := range map[string]struct {
		executor *localexec.Executor
		binary   Binary
		change   func(*installer)
		want     error
		text     string
		execs    int
	}{
		"it does not run":  {sh(), failing, nil, &CannotRunError{}, "wrong machine", 1},
		"it lies":          {sh(), lying, nil, &UndeliveredError{}, "wrong", 3},
		"another is there": {sh(), working, func(i *installer) { occupy(t, i.dir) }, &CannotRunError{}, "another version", 1},
		"no place":         {sh(), working, noDir, &CannotRunError{}, "reate", 1},
		"no such machine": {sh(), working, func(i *installer) {
			i.binaries = func(string) (Binary, bool) { return Binary{}, false }
		}, &CannotRunError{}, "there is no agent for the architecture", 1},
		"no programs":  {localexec.Plain(t), working, nil, &CannotRunError{}, "uname", 1},
		"no shell":     {&localexec.Executor{Shell: []string{"/bin/false-sh"}}, working, nil, &NoShellError{}, "no shell", 1},
		"nobody wakes": {sh(), working, func(i *installer) { i.pid = "999999999" }, &UndeliveredError{}, "main process", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := (&pod{dir: t.TempDir(), pid: "999999999"}).installer(test.executor, test.binary)
			i.serveTimeout = 0
			if test.change != nil {
				test.change(&i)
			}
			err := i.install(t.Context())
			if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", test.want) || !strings.Contains(err.Error(), test.text) || test.executor.Count() != test.execs {
				t.Errorf("%T after %d execs: %v", err, test.executor.Count(), err)
			}
		})
	}
}

// occupy puts another agent into dir, with a socket.
func occupy(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "batch-agent"), []byte("#!/bin/sh\necho 1 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
}
