package process

import (
	"os"
	"syscall"
	"time"
)

// Stop stops the named processes together: it sends SIGTERM, waits for at most grace,
// kills the rest, and removes their records. A name without a live process loses its record.
func (t Table) Stop(grace time.Duration, names ...string) {
	for _, name := range names {
		t.signal(name, syscall.SIGTERM)
	}
	if !t.waitGone(grace, names) {
		for _, name := range names {
			t.signal(name, syscall.SIGKILL)
		}
		t.waitGone(5*time.Second, names)
	}
	for _, name := range names {
		if _, alive := t.Get(name); !alive {
			_ = os.Remove(t.path(name))
		}
	}
}

// Kill kills a process and keeps its record. It reports whether the process
// was running.
func (t Table) Kill(name string) bool {
	if _, alive := t.Get(name); !alive {
		return false
	}
	t.signal(name, syscall.SIGKILL)
	return t.waitGone(5*time.Second, []string{name})
}

// signal reaches the recorded process or none: FindProcess pins whoever has the
// id now, and only then is the identity checked.
func (t Table) signal(name string, sig syscall.Signal) {
	r, alive := t.Get(name)
	if !alive {
		return
	}
	p, err := os.FindProcess(r.PID)
	if err != nil {
		return
	}
	defer func() { _ = p.Release() }()
	if r.alive() {
		_ = p.Signal(sig)
	}
}

func (t Table) waitGone(limit time.Duration, names []string) bool {
	for end := time.Now().Add(limit); ; time.Sleep(30 * time.Millisecond) {
		if !t.anyAlive(names) {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

func (t Table) anyAlive(names []string) bool {
	for _, name := range names {
		if _, alive := t.Get(name); alive {
			return true
		}
	}
	return false
}
