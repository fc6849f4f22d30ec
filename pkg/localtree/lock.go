package localtree

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrLocked says that another process writes to the same directory.
var ErrLocked = errors.New("another fetch is writing to this directory")

// Lock locks dir, which must exist, until release or the end of the process. On Unix the
// lock is on the directory itself and nothing is written. Where this is not supported
// (NFS, Windows), the lock is on a file in the directory cache, which Lock creates if
// necessary. It then excludes only processes with the same cache. If cache is "", it
// excludes no process.
// The error is, or wraps, ErrLocked if another process holds the lock.
func Lock(dir, cache string) (release func(), err error) {
	release, err = lockDir(dir)
	switch {
	case !errors.Is(err, errors.ErrUnsupported):
		return release, err
	case cache == "":
		return func() {}, nil
	}
	return lockFile(dir, cache)
}

func lockFile(dir, cache string) (release func(), err error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err == nil {
		err = os.MkdirAll(cache, 0o700) //nolint:gosec // the caller says where
	}
	if err != nil {
		return nil, fmt.Errorf("locking %q: %w", dir, err)
	}
	sum := sha256.Sum256([]byte(abs))
	lock, err := TryLockFile(filepath.Join(cache, fmt.Sprintf("%x.lock", sum[:16])))
	switch {
	case errors.Is(err, ErrLocked):
		return nil, ErrLocked
	case err != nil:
		return nil, fmt.Errorf("locking %q: %w", dir, err)
	}
	return func() { _ = lock.Remove() }, nil
}
