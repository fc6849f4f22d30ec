//go:build !linux || portable

package localtree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// folder is an open directory below an os.Root. Every name that its methods take
// is one element of a path, and none of them follows a symlink.
type folder struct {
	root *os.Root
	refs atomic.Int32
	base bool // root is the caller's
}

func openFolder(root *os.Root) (*folder, error) {
	d := &folder{root: root, base: true}
	d.refs.Store(1)
	return d, nil
}

// open opens a directory in d. os.Root would follow a symlink that stays inside,
// so what was opened must be what has the name.
func (d *folder) open(name string) (*folder, error) {
	info, err := d.lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, syscall.ENOTDIR
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, bare(err)
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(opened, info.FileInfo) {
		err = syscall.ENOTDIR
	}
	if err != nil {
		_ = root.Close()
		return nil, bare(err)
	}
	sub := &folder{root: root}
	sub.refs.Store(1)
	return sub, nil
}

func (d *folder) retain() *folder {
	d.refs.Add(1)
	return d
}

// release closes d if it is the last reference.
func (d *folder) release() {
	if d.refs.Add(-1) == 0 && !d.base {
		_ = d.root.Close()
	}
}

func (d *folder) lstat(name string) (*status, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return nil, bare(err)
	}
	return &status{FileInfo: info}, nil
}

func (d *folder) readlink(name string) (string, error) {
	text, err := d.root.Readlink(name)
	return filepath.ToSlash(text), bare(err)
}

func (d *folder) mkdir(name string, perm fs.FileMode) error { return bare(d.root.Mkdir(name, perm)) }

// chmod changes the mode of a file or directory.
func (d *folder) chmod(name string, mode fs.FileMode) error {
	if info, err := d.lstat(name); err != nil || info.Mode()&fs.ModeSymlink != 0 {
		return errors.Join(err, syscall.ELOOP)
	}
	return bare(d.root.Chmod(name, mode))
}

// chtimes sets the modification time; the zero time changes nothing.
func (d *folder) chtimes(name string, modTime time.Time) error {
	if modTime.IsZero() {
		return nil
	}
	return bare(d.root.Chtimes(name, time.Time{}, modTime))
}

// removed reports whether the directory was removed while it is open.
func (d *folder) removed() bool {
	_, err := d.root.Stat(".")
	return errors.Is(err, fs.ErrNotExist)
}

// create makes a file that was not there before.
func (d *folder) create(name string, perm fs.FileMode) (*handle, error) {
	file, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, perm)
	if err != nil {
		return nil, bare(err)
	}
	return &handle{file}, nil
}

// reopen opens an existing file to append to it.
func (d *folder) reopen(name string) (*handle, *status, error) {
	file, info, err := d.regular(name, os.O_WRONLY)
	if err != nil {
		return nil, nil, err
	}
	return &handle{file}, info, nil
}

// openFile opens a regular file to be read.
func (d *folder) openFile(name string) (*os.File, *status, error) {
	return d.regular(name, os.O_RDONLY)
}

// regular opens a regular file. It checks the type before and after, because os.Root has no
// flag that refuses other types.
func (d *folder) regular(name string, flags int) (*os.File, *status, error) {
	expected, err := d.lstat(name)
	if err != nil {
		return nil, nil, err
	}
	if !expected.Mode().IsRegular() {
		return nil, nil, syscall.EINVAL
	}
	file, err := d.root.OpenFile(name, flags, 0)
	if err != nil {
		return nil, nil, bare(err)
	}
	info, err := file.Stat()
	if err == nil && !os.SameFile(info, expected.FileInfo) {
		err = syscall.EINVAL
	}
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return file, &status{FileInfo: info}, nil
}

// remove removes a file, a link or an empty directory.
func (d *folder) remove(name string) error { return bare(d.root.Remove(name)) }

func (d *folder) rename(name, newName string) error { return bare(d.root.Rename(name, newName)) }

// symlink makes one. Windows does not follow a text that has slashes.
func (d *folder) symlink(target, name string) error {
	return bare(d.root.Symlink(filepath.FromSlash(target), name))
}

// linkIn creates newPath as another name of the file at target, both below base.
func linkIn(base, _, _ *folder, target, newPath string) error {
	return bare(base.root.Link(target, newPath))
}
