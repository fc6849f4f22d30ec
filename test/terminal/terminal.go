//go:build linux

package terminal

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a program may take to show something.
const patience = 20 * time.Second

// Terminal is one that is 160 columns wide.
type Terminal struct {
	fail  func(format string, args ...any)
	later func(func())
	// keys is the end of the person, Program that of the program.
	keys    *os.File
	Program *os.File

	mu    sync.Mutex
	shown bytes.Buffer
	news  chan struct{}
}

// Open returns a terminal at which no program runs yet. A test hands in what ends it, which
// does not return, and what has something done at its end: Fatalf and Cleanup of a testing.T.
func Open(fail func(format string, args ...any), later func(func())) *Terminal {
	o := &Terminal{fail: fail, later: later, news: make(chan struct{}, 1)}
	var err error
	o.keys, err = os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	o.check(err)
	later(func() { _ = o.keys.Close() })
	master := int(o.keys.Fd())
	number, err := unix.IoctlGetInt(master, unix.TIOCGPTN)
	o.check(err)
	o.check(unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0))
	o.check(unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 160}))
	o.Program, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	o.check(err)
	later(func() { _ = o.Program.Close() })
	go func() { _, _ = io.Copy(o, o.keys) }()
	return o
}

func (o *Terminal) check(err error) {
	if err != nil {
		o.fail("the terminal: %v", err)
	}
}

// Start runs a program at the terminal, which it has for itself. It is killed at the end of the test.
func (o *Terminal) Start(command *exec.Cmd) {
	command.Stdin = o.Program
	command.Stdout = o.Program
	command.Stderr = o.Program
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	o.check(command.Start())
	o.later(func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	})
}

// Write receives the output of the terminal.
func (o *Terminal) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.news <- struct{}{}:
	default:
	}
	return o.shown.Write(data)
}

// Press presses keys, and forgets what was shown before.
func (o *Terminal) Press(keys string) {
	o.mu.Lock()
	o.shown.Reset()
	o.mu.Unlock()
	_, err := io.WriteString(o.keys, keys)
	o.check(err)
}

// Until waits until the shown text satisfies a condition, and returns it. After a time limit,
// the test fails with the shown text.
func (o *Terminal) Until(description string, as func(shown string) bool) string {
	for deadline := time.After(patience); ; {
		o.mu.Lock()
		shown := o.shown.String()
		o.mu.Unlock()
		if as(shown) {
			return shown
		}
		select {
		case <-o.news:
		case <-deadline:
			o.fail("%s did not come; the terminal shows %q", description, shown)
			return shown
		}
	}
}
