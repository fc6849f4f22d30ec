package server

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// folder is an open directory.
type folder struct{ *os.File }

func openFolder(root *os.Root, name string) (folder, error) {
	// Opening a pipe would wait for its writer: O_DIRECTORY fails instead.
	dir, err := root.OpenFile(name, os.O_RDONLY|unix.O_DIRECTORY, 0)
	return folder{dir}, err
}

// open opens the file with that name, which is one path element. It does not follow a
// symlink, and does not wait for a writer if the file has become a pipe.
func (f folder) open(name string) (file, error) {
	defer runtime.KeepAlive(f.File)
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC
	for {
		fd, err := unix.Openat(int(f.Fd()), name, flags, 0)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ELOOP):
			return file{}, &irregularError{fs.ModeSymlink}
		default:
			return file{fd}, err
		}
	}
}

// file is an open file. It is not an os.File, which would make more system calls than
// a small file needs.
type file struct{ fd int }

func (f file) close() { _ = unix.Close(f.fd) }

// readFacts returns the current metadata of the file.
func (f file) readFacts() (facts, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(f.fd, &stat); err != nil {
		return facts{}, err
	}
	const unit = 512 // of Blocks, whatever the file system uses
	return facts{
		mode:     fs.FileMode(stat.Mode).Perm() | typeOf(stat.Mode),
		size:     stat.Size,
		stored:   min(stat.Blocks*unit, stat.Size),
		modified: time.Unix(stat.Mtim.Unix()),
		changed:  time.Unix(stat.Ctim.Unix()),
	}, nil
}

// writeBack makes the kernel write the dirty pages of the file, and waits for that. It does not use fsync,
// which also waits for the journal and the disk's cache: that takes ten times as long and makes no
// difference to the times of the file. If the file system does not support it, writeBack does nothing. Every
// other error means that content was lost.
func (f file) writeBack() error {
	const flags = unix.SYNC_FILE_RANGE_WAIT_BEFORE | unix.SYNC_FILE_RANGE_WRITE | unix.SYNC_FILE_RANGE_WAIT_AFTER
	for {
		switch err := unix.SyncFileRange(f.fd, 0, 0, flags); {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL), errors.Is(err, unix.EROFS),
			errors.Is(err, unix.EPERM), errors.Is(err, unix.EOPNOTSUPP):
			return nil
		default:
			return err
		}
	}
}

func typeOf(mode uint32) fs.FileMode {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0
	case unix.S_IFDIR:
		return fs.ModeDir
	case unix.S_IFIFO:
		return fs.ModeNamedPipe
	case unix.S_IFSOCK:
		return fs.ModeSocket
	case unix.S_IFBLK, unix.S_IFCHR:
		return fs.ModeDevice
	}
	return fs.ModeIrregular
}

// readAt fills p from offset on. If it reads less without an error, the file ends there.
func (f file) readAt(p []byte, offset int64) (int, error) {
	done := 0
	for done < len(p) {
		n, err := unix.Pread(f.fd, p[done:], offset+int64(done))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return done, err
		}
		done += n
	}
	return done, nil
}

// nextData returns the start of the first data at or after offset, and the start of the
// next hole. holes is false if the file system does not report holes.
func (f file) nextData(offset, size int64) (data, hole int64, holes bool) {
	data, err := unix.Seek(f.fd, offset, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		return size, size, true // from here on all is hole
	}
	if err != nil {
		return offset, size, false
	}
	if data >= size {
		return size, size, true // it grew, by data
	}
	hole, err = unix.Seek(f.fd, data, unix.SEEK_HOLE)
	if err != nil {
		return data, size, false
	}
	return data, min(hole, size), true
}
