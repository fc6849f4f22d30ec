//go:build linux && !portable

package localtree

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// folder is an open directory below an os.Root. Every name that its methods take
// is one element of a path, and none of them follows a symlink. os.Root itself
// would do, and does on other systems, at nearly twice the system calls a file.
type folder struct {
	fd   int
	refs atomic.Int32
	base *os.File // owns fd; nil below the root
}

func openFolder(root *os.Root) (*folder, error) {
	file, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	d := &folder{fd: int(file.Fd()), base: file}
	d.refs.Store(1)
	return d, nil
}

// open opens a directory in d.
func (d *folder) open(name string) (*folder, error) {
	fd, err := openat(d.fd, name, unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	sub := &folder{fd: fd}
	sub.refs.Store(1)
	return sub, nil
}

func (d *folder) retain() *folder {
	d.refs.Add(1)
	return d
}

// release closes d if it is the last reference.
func (d *folder) release() {
	switch {
	case d.refs.Add(-1) > 0:
	case d.base != nil:
		_ = d.base.Close()
	default:
		_ = unix.Close(d.fd)
	}
}

func (d *folder) lstat(name string) (*status, error) {
	var st unix.Stat_t
	if err := retry(func() error { return unix.Fstatat(d.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) }); err != nil {
		return nil, err
	}
	return newStatus(name, &st), nil
}

func (d *folder) readlink(name string) (string, error) {
	for size := 256; ; size *= 2 {
		text := make([]byte, size)
		n, err := unix.Readlinkat(d.fd, name, text)
		if err != nil || n < size {
			return string(text[:max(n, 0)]), err
		}
	}
}

func (d *folder) mkdir(name string, perm fs.FileMode) error {
	return retry(func() error { return unix.Mkdirat(d.fd, name, uint32(perm)) })
}

// chmod changes the mode of a file or directory.
func (d *folder) chmod(name string, mode fs.FileMode) error {
	err := retry(func() error { return unix.Fchmodat(d.fd, name, bitsOf(mode), unix.AT_SYMLINK_NOFOLLOW) })
	if !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	// Kernels before 6.6 cannot refuse to follow a symlink here.
	if info, err := d.lstat(name); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		return errors.Join(err, unix.ELOOP)
	}
	return unix.Fchmodat(d.fd, name, bitsOf(mode), 0)
}

// chtimes sets the modification time; the zero time changes nothing.
func (d *folder) chtimes(name string, modTime time.Time) error {
	if modTime.IsZero() {
		return nil
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, {Sec: modTime.Unix(), Nsec: int64(modTime.Nanosecond())}}
	return retry(func() error { return unix.UtimesNanoAt(d.fd, name, times, unix.AT_SYMLINK_NOFOLLOW) })
}

// removed reports whether the directory was removed while it is open.
func (d *folder) removed() bool {
	var st unix.Stat_t
	return retry(func() error { return unix.Fstat(d.fd, &st) }) == nil && st.Nlink == 0
}

// create makes a file that was not there before.
func (d *folder) create(name string, perm fs.FileMode) (*handle, error) {
	return d.handle(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL, perm)
}

// reopen opens an existing file to append to it.
func (d *folder) reopen(name string) (*handle, *status, error) {
	file, err := d.handle(name, unix.O_WRONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.stat(name)
	if err != nil {
		return nil, nil, errors.Join(err, file.close())
	}
	return file, info, nil
}

func (d *folder) handle(name string, flags int, perm fs.FileMode) (*handle, error) {
	fd, err := openat(d.fd, name, flags, uint32(perm))
	if err != nil {
		return nil, err
	}
	return &handle{fd}, nil
}

// openFile opens a regular file to be read.
func (d *folder) openFile(name string) (*os.File, *status, error) {
	// A named pipe would wait for its writer.
	file, err := d.handle(name, unix.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.stat(name)
	if err == nil && !info.Mode().IsRegular() {
		err = unix.EINVAL
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.close())
	}
	return os.NewFile(uintptr(file.fd), name), info, nil
}

// remove removes a file, a link or an empty directory.
func (d *folder) remove(name string) error {
	err := retry(func() error { return unix.Unlinkat(d.fd, name, 0) })
	if errors.Is(err, unix.EISDIR) {
		return unix.Unlinkat(d.fd, name, unix.AT_REMOVEDIR)
	}
	return err
}

func (d *folder) rename(name, newName string) error {
	return retry(func() error { return unix.Renameat(d.fd, name, d.fd, newName) })
}

func (d *folder) symlink(target, name string) error {
	return retry(func() error { return unix.Symlinkat(target, d.fd, name) })
}

// linkIn creates newPath, in destination, as another name of the file at target, in source.
func linkIn(_, source, destination *folder, target, newPath string) error {
	return retry(func() error { return unix.Linkat(source.fd, path.Base(target), destination.fd, path.Base(newPath), 0) })
}

func openat(dir int, name string, flags int, perm uint32) (fd int, err error) {
	err = retry(func() error {
		fd, err = unix.Openat(dir, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, perm)
		return err
	})
	return fd, err
}

// retry repeats a system call that a signal interrupted, which network file systems report.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
