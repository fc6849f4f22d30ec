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
// All lock files follow one rule, so that two processes never hold the same one: only
// the holder removes the file, while it holds the lock; and TryLockFile looks, once it has
// the lock, whether the file still has its name. Without that look a process could lock
// a file that has just been removed, beside one that locks the file made after it.
type FileLock struct{ lock *flock.Flock }

// TryLockFile locks the file at path, which it makes if need be. The error is, or wraps,
// ErrLocked where another process holds it.
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

// Close unlocks the file, which stays.
func (l *FileLock) Close() error { return l.lock.Close() }

// Remove unlocks the file and removes it, where the system removes files that are open.
func (l *FileLock) Remove() error {
	removed := os.Remove(l.lock.Path()) //nolint:gosec // a directory of this user for locks
	if err := errors.Join(removed, l.lock.Close()); err != nil {
		return fmt.Errorf("deleting a lock file: %w", err)
	}
	return nil
}
