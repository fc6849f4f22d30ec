//go:build !linux || portable

package localtree

import (
	"errors"
	"io/fs"
	"os"
	"time"
)

// handle is a file that is written to.
type handle struct{ *os.File }

func (h *handle) truncate(size int64) error { return h.Truncate(size) }

func (h *handle) close() error { return h.Close() }

// finish gives the file, which is name in dir, its mode and time and closes it.
// It returns fs.ErrNotExist where another process removed the file.
func (h *handle) finish(dir *folder, name string, perm fs.FileMode, modTime time.Time) (*status, error) {
	mine, err := h.Stat()
	if err == nil && mine.Mode().Perm() != perm {
		err = tolerate(h.Chmod(perm))
	}
	err = errors.Join(err, h.Close(), tolerate(dir.chtimes(name, modTime)))
	if err != nil {
		return nil, err
	}
	info, err := dir.lstat(name)
	if err == nil && !os.SameFile(mine, info.FileInfo) {
		err = fs.ErrNotExist
	}
	return info, err
}

// status is what is known of a name.
type status struct{ fs.FileInfo }

// isSameFile reports whether both are one file.
func (s *status) isSameFile(candidate *status) bool {
	return os.SameFile(s.FileInfo, candidate.FileInfo)
}

// ours reports whether it is a regular file of this user and of this name only.
func (s *status) ours() bool { return s.Mode().IsRegular() && owned(s.FileInfo) }
