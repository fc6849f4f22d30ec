package localtree

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

func TestLock(t *testing.T) {
	for name, lock := range map[string]func(dir, cache string) (func(), error){"directory": Lock, "file": lockFile} {
		t.Run(name, func(t *testing.T) {
			dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "cache")
			release, err := lock(dir, cache)
			if err != nil {
				t.Fatal(err)
			}
			aliases := []string{dir, dir + "/."}
			if filetree.HasSymlinks(t) {
				alias := filepath.Join(t.TempDir(), "alias")
				if err := os.Symlink(dir, alias); err != nil {
					t.Fatal(err)
				}
				aliases = append(aliases, alias)
			}
			for _, alias := range aliases {
				if _, err := lock(alias, cache); !errors.Is(err, ErrLocked) {
					t.Errorf("%s: %v", alias, err)
				}
			}
			unlockOther, err := lock(t.TempDir(), cache)
			if err != nil {
				t.Fatal(err)
			}
			unlockOther()
			release()
			unlockAgain, err := lock(dir, cache)
			if err != nil {
				t.Fatal(err)
			}
			unlockAgain()
			if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
				t.Error("something was written:", entries, err)
			}
		})
	}
}

func TestLockWithoutDirectory(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, lock := range map[string]func(dir, cache string) (func(), error){"directory": Lock, "file": lockFile} {
		if _, err := lock(missing, t.TempDir()); err == nil || errors.Is(err, ErrLocked) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLockOfAKilledProcess: the lock ends with the process.
func TestLockOfAKilledProcess(t *testing.T) {
	if dir := os.Getenv("LOCK_DIR"); dir != "" {
		release, err := Lock(dir, os.Getenv("LOCK_CACHE"))
		if err != nil {
			t.Fatal(err)
		}
		defer release()
		_, _ = os.Stdout.WriteString("locked\n")
		time.Sleep(time.Hour) // for ever would be a deadlock where there is no cgo
	}
	dir, cache := t.TempDir(), t.TempDir()
	process := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLockOfAKilledProcess$")
	process.Env = append(os.Environ(), "LOCK_DIR="+dir, "LOCK_CACHE="+cache)
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	output := make([]byte, len("locked\n"))
	if _, err := io.ReadFull(out, output); err != nil || string(output) != "locked\n" {
		t.Fatalf("%q, %v", output, err)
	}
	if _, err := Lock(dir, cache); !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait()
	release, err := Lock(dir, cache)
	if err != nil {
		t.Fatal(err)
	}
	release()
}

// TestLockFileHasOneHolder has many take and remove the same lock file, each of which
// must be alone with it.
func TestLockFileHasOneHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	var holders atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for taken := 0; taken < 300; {
				lock, err := TryLockFile(path)
				if errors.Is(err, ErrLocked) {
					runtime.Gosched()
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold it", n)
				}
				taken++
				runtime.Gosched()
				holders.Add(-1)
				if err := lock.Remove(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is left: %v", err)
	}
}
