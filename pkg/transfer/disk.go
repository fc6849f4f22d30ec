package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

const noInodes = "no inodes left, so it cannot hold more files of any size"

// DiskError says that no file can be written to the local disk.
type DiskError struct {
	Dir    string
	Reason string // a clause
	Cause  error  // of the file system
}

// Error implements error.
func (e *DiskError) Error() string {
	return fmt.Sprintf("cannot write to local directory %s: %s", e.Dir, e.Reason)
}

// Unwrap returns the error of the file system.
func (e *DiskError) Unwrap() error { return e.Cause }

// explain returns a *DiskError, or an error with advice, if err concerns the whole directory.
// Otherwise it returns err.
func (d *destination) explain(err error) error {
	var reason string
	switch {
	case errors.Is(err, syscall.ENOSPC):
		reason = "no space left on the disk"
		if inodes, ok := localtree.FreeInodes(d.path); ok && inodes == 0 {
			reason = noInodes
		}
	case errors.Is(err, syscall.EDQUOT):
		reason = "disk quota exceeded"
	case errors.Is(err, syscall.EROFS):
		reason = "the file system is read-only"
	case errors.Is(err, fs.ErrPermission) && d.closedDir() != "":
		return fmt.Errorf("cannot create files in local directory %s: %w; change its permissions, or use another directory with -d",
			d.closedDir(), err)
	default:
		return err
	}
	return &DiskError{Dir: d.path, Reason: reason, Cause: err}
}

// closedDir returns the destination, or the directory in which it must be created, if this user has no permission to
// create files in it; "" otherwise.
func (d *destination) closedDir() string {
	dir := d.path
	for _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && dir != filepath.Dir(dir); _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	probe, err := os.CreateTemp(dir, ".kubectl-batch-*")
	switch {
	case err == nil:
		_ = errors.Join(probe.Close(), os.Remove(probe.Name())) // it is empty
		return ""
	case errors.Is(err, fs.ErrPermission):
		return dir
	}
	return ""
}
