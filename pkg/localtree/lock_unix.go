//go:build linux || darwin

package localtree

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lockDir locks the directory itself. The error wraps errors.ErrUnsupported if the file
// system cannot lock directories.
func lockDir(dir string) (release func(), err error) {
	file, err := os.Open(dir) //nolint:gosec // the caller says what
	if err != nil {
		return nil, fmt.Errorf("locking: %w", err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return func() {
			// A process that this program is just starting has a copy of the descriptor until it executes its own
			// program. Closing alone would leave the lock to that copy.
			_ = unix.Flock(int(file.Fd()), unix.LOCK_UN)
			_ = file.Close()
		}, nil
	}
	_ = file.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	// NFS requires a file that is open for writing. A directory cannot be opened for writing.
	return nil, fmt.Errorf("locking %q: %w: %w", dir, errors.ErrUnsupported, err)
}
