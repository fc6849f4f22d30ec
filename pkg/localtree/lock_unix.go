//go:build linux || darwin

package localtree

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockDir locks the directory itself. errors.ErrUnsupported: it cannot be.
func lockDir(dir string) (release func(), err error) {
	file, err := os.Open(dir) //nolint:gosec // the caller says what
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return func() { _ = file.Close() }, nil
	}
	_ = file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	// NFS wants a file that is open for writing, which no directory can be.
	return nil, fmt.Errorf("locking %q: %w: %w", dir, errors.ErrUnsupported, err)
}
