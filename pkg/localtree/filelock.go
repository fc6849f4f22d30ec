package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gofrs/flock"
)

// FileLock is a lock file that this process holds, until Close or its end.
//
// All lock files follow one rule, so that two processes never hold the same one. Only the
// holder removes the file, while it holds the lock. After TryLockFile has the lock, it checks
// that the file still has its name. Without this check, one process could lock a file that has
// just been removed, while another one locks the new file with the same name.
type FileLock struct{ lock *flock.Flock }

// TryLockFile locks the file at path, and creates it if necessary. The error is, or wraps,
// ErrLocked if another process holds the lock.
func TryLockFile(path string) (*FileLock, error) {
	for {
		lock := flock.New(path)
		locked, err := lock.TryLock()
		if err == nil && !locked {
			err = ErrLocked
		}
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		mine, err := lock.Stat()
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		named, err := os.Stat(path) //nolint:gosec // a directory of this user for locks
		if err == nil && os.SameFile(mine, named) {
			return &FileLock{lock}, nil
		}
		if closed := lock.Close(); closed != nil || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, closed)
		}
	}
}

// Close unlocks the file and does not remove it.
func (l *FileLock) Close() error { return l.lock.Close() }

// Remove removes the file, if the system can remove open files, and unlocks it.
func (l *FileLock) Remove() error {
	removed := os.Remove(l.lock.Path()) //nolint:gosec // a directory of this user for locks
	if err := errors.Join(removed, l.lock.Close()); err != nil {
		return fmt.Errorf("deleting a lock file: %w", err)
	}
	return nil
}
