//go:build unix

package localexec

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	utilexec "k8s.io/client-go/util/exec"

	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Executor runs commands on this machine, whatever container is named. The zero
// value runs them as they are.
type Executor struct {
	// Shell replaces "sh" as the first argument, for example
	// {"/bin/busybox", "sh"}.
	Shell []string
	// Path is the PATH of the command; empty for that of this process.
	Path string
	// UID is the user and group to run as; 0 for those of this process. Only root
	// can use another one.
	UID uint32
	// Cuts limits the output of each successive exec, in bytes; below
	// 0, and after the end of the list, there is no limit. As in a cluster, a cut causes no error.
	Cuts []int64
	// CloseInput ends the command's input at once.
	CloseInput bool

	mutex sync.Mutex
	count int
}

// Exec implements transport.Executor. Input that the command does not read is
// waited for no longer than the command runs.
func (e *Executor) Exec(ctx context.Context, _ transport.Container, argv []string, stdio transport.Stdio) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := e.command(ctx, argv)
	out := &cutter{w: stdio.Out, remaining: e.cut(), cut: cancel}
	cmd.Stdout, cmd.Stderr = out, stdio.Err
	input, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	go e.feed(input, stdio.In)
	err = cmd.Wait()
	if out.isCut {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return coded(err)
}

// Count is how many execs were started.
func (e *Executor) Count() int {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.count
}

func (e *Executor) command(ctx context.Context, argv []string) *exec.Cmd {
	if len(e.Shell) > 0 && argv[0] == "sh" {
		argv = append(append([]string{}, e.Shell...), argv[1:]...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// The whole group: a shell's children would hold the output open.
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if e.UID != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: e.UID, Gid: e.UID}
	}
	if e.Path != "" {
		cmd.Env = []string{"PATH=" + e.Path}
	}
	return cmd
}

func (e *Executor) cut() int64 {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.count++
	if e.count > len(e.Cuts) {
		return -1
	}
	return e.Cuts[e.count-1]
}

func (e *Executor) feed(input io.WriteCloser, source io.Reader) {
	defer func() { _ = input.Close() }()
	if source != nil && !e.CloseInput {
		_, _ = io.Copy(input, source)
	}
}

// coded returns err in the form in which exec in a cluster returns it.
func coded(err error) error {
	var ended *exec.ExitError
	if !errors.As(err, &ended) {
		return err
	}
	status := ended.ExitCode()
	return utilexec.CodeExitError{Err: errors.New("command terminated: " + strings.TrimSpace(ended.String())), Code: status}
}

// cutter passes the first bytes on, then ends the command.
type cutter struct {
	w         io.Writer
	remaining int64 // below 0: all
	cut       func()
	isCut     bool
}

func (c *cutter) Write(p []byte) (int, error) {
	if c.remaining < 0 || int64(len(p)) <= c.remaining {
		n, err := c.w.Write(p)
		if c.remaining >= 0 {
			c.remaining -= int64(n)
		}
		return n, err
	}
	_, err := c.w.Write(p[:c.remaining])
	c.remaining, c.isCut = 0, true
	c.cut()
	return len(p), err
}
