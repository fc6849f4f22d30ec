package process

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Spec is a daemon to run.
type Spec struct {
	Name string
	Args []string
	Env  []string // on top of the base environment
	// Files are read by the process when it starts, and only then.
	Files []string
	// Join moves the new process to where it can be found, such as a cgroup.
	Join func(pid int) error
}

// Ensure makes the process run as specified. It leaves one that does already
// alone, and replaces one that runs with other arguments or older files. It
// reports whether a process was started.
func (t Table) Ensure(s Spec) (started bool, err error) {
	digest, err := s.digest()
	if err != nil {
		return false, err
	}
	r, alive := t.Get(s.Name)
	if alive && r.Digest == digest {
		return false, nil
	}
	if alive {
		t.Stop(10*time.Second, s.Name)
	}
	if err := t.start(s, digest); err != nil {
		return false, fmt.Errorf("starting %s: %w", s.Name, err)
	}
	return true, nil
}

// digest stands for all that decides how the process runs.
func (s Spec) digest() (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%q", s.Args)
	for _, file := range s.Files {
		b, err := os.ReadFile(file)
		if err != nil {
			return "", fmt.Errorf("reading the configuration of %s: %w", s.Name, err)
		}
		_, _ = fmt.Fprintf(h, "%q %d\n%s", file, len(b), b)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (t Table) start(s Spec, digest string) error {
	log, err := t.openLog(s.Name)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(s.Args[0], s.Args[1:]...)
	cmd.Env = append(baseEnv(os.Environ()), s.Env...)
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := t.adopt(s, digest, cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return err
	}
	go func() { _ = cmd.Wait() }() // no zombies while this program lives on
	return nil
}

// adopt records the new process, so that a later run knows it.
func (t Table) adopt(s Spec, digest string, pid int) error {
	if s.Join != nil {
		if err := s.Join(pid); err != nil {
			return err
		}
	}
	r, err := newRecord(pid, digest)
	if err != nil {
		return err
	}
	return t.save(s.Name, r)
}

// openLog begins a new log and keeps the one before it.
func (t Table) openLog(name string) (*os.File, error) {
	for _, dir := range []string{t.Dir, t.Logs} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	path := filepath.Join(t.Logs, name+".log")
	_ = os.Rename(path, path+".1")
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o600)
}

// baseEnv drops what would bend a daemon: a proxy between the components, or a
// setting of the Go runtime or of systemd that was meant for this program.
func baseEnv(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name := strings.ToUpper(kv[:max(0, strings.Index(kv, "="))])
		return strings.HasSuffix(name, "_PROXY") || slices.Contains([]string{
			"KUBECONFIG", "NOTIFY_SOCKET", "INVOCATION_ID", "JOURNAL_STREAM",
			"GOMAXPROCS", "GODEBUG", "GOGC", "GOMEMLIMIT",
		}, name) || strings.HasPrefix(name, "ETCD_")
	})
}
