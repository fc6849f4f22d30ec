package localtree

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// TestUnlockDespiteCopies: a copy of the descriptor, as a new process has before it executes its program, does not keep the lock.
func TestUnlockDespiteCopies(t *testing.T) {
	dir := t.TempDir()
	unlock, err := Lock(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	copied, err := unix.Dup(descriptorOf(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(copied) }()
	unlock()
	unlockAgain, err := Lock(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	unlockAgain()
}

// descriptorOf returns the descriptor of this process that is open on path.
func descriptorOf(t *testing.T, path string) int {
	t.Helper()
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range descriptors {
		if target, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && target == path {
			var number int
			if _, err := fmt.Sscan(entry.Name(), &number); err != nil {
				t.Fatal(err)
			}
			return number
		}
	}
	t.Fatalf("no descriptor is open on %s", path)
	return -1
}
