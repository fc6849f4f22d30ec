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

// DiskError says that the local disk takes nothing more, whichever file it is.
type DiskError struct {
	Dir    string
	Reason string
	Cause  error
}

// Error implements error.
func (e *DiskError) Error() string {
	return fmt.Sprintf("cannot write to local directory %s: %s", e.Dir, e.Reason)
}

// Unwrap returns what the file system said.
func (e *DiskError) Unwrap() error { return e.Cause }

// explain says of an error of the local file system what it means for all of dir.
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

// closedDir returns the destination, or the directory in which it has to be made, where this user may not create files
// in it; "" otherwise.
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
