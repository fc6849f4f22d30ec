//go:build linux && !portable

package localtree

import (
	"errors"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// handle is a file that is written to.
type handle struct{ fd int }

// WriteAt implements io.WriterAt.
func (h *handle) WriteAt(p []byte, offset int64) (int, error) {
	written := 0
	for written < len(p) {
		err := retry(func() error {
			n, err := unix.Pwrite(h.fd, p[written:], offset+int64(written))
			written += max(n, 0)
			return err
		})
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func (h *handle) truncate(size int64) error {
	return retry(func() error { return unix.Ftruncate(h.fd, size) })
}

func (h *handle) stat(name string) (*status, error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstat(h.fd, &st) }); err != nil {
		return nil, err
	}
	return newStatus(name, &st), nil
}

// close closes the file. If a signal interrupts it, the file is closed nevertheless.
func (h *handle) close() error {
	if err := unix.Close(h.fd); !errors.Is(err, unix.EINTR) {
		return err
	}
	return nil
}

// finish gives the file, which is name in dir, its mode and time and closes it.
// It returns fs.ErrNotExist where another process removed the file.
func (h *handle) finish(dir *folder, name string, perm fs.FileMode, modTime time.Time) (*status, error) {
	info, err := h.setAttributes(dir, name, perm, modTime)
	if closed := h.close(); err == nil {
		err = closed
	}
	return info, err
}

func (h *handle) setAttributes(dir *folder, name string, perm fs.FileMode, modTime time.Time) (*status, error) {
	if err := tolerate(dir.chtimes(name, modTime)); err != nil {
		return nil, err
	}
	info, err := h.stat(name)
	if err != nil {
		return nil, err
	}
	if info.links == 0 { // some file systems do not count them
		if named, err := dir.lstat(name); err != nil || !named.isSameFile(info) {
			return nil, fs.ErrNotExist
		}
	}
	if info.mode == perm { // the umask removed nothing
		return info, nil
	}
	switch err := unix.Fchmod(h.fd, uint32(perm)); {
	case err == nil:
		info.mode = perm
	case tolerate(err) != nil:
		return nil, err
	}
	return info, nil
}
