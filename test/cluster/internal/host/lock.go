package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Lock is a lock on a file. The kernel releases it when its holder ends,
// however that happens.
type Lock struct{ file *os.File }

// LockExclusive waits until no other process holds the lock; say is called once if
// it has to wait.
func LockExclusive(ctx context.Context, path string, say func()) (*Lock, error) {
	return lock(ctx, path, syscall.LOCK_EX, say)
}

// LockShared waits until no process holds the lock exclusively.
func LockShared(ctx context.Context, path string) (*Lock, error) {
	return lock(ctx, path, syscall.LOCK_SH, func() {})
}

// Release gives the lock up.
func (l *Lock) Release() { _ = l.file.Close() }

func lock(ctx context.Context, path string, mode int, say func()) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for reported := false; ; reported = true {
		err := syscall.Flock(int(f.Fd()), mode|syscall.LOCK_NB)
		if err == nil {
			return &Lock{f}, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), f.Close())
		}
		if !reported {
			say()
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(100 * time.Millisecond):
		}
	}
}
