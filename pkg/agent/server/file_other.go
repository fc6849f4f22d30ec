//go:build !linux

package server

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"
)

// On other systems the agent is only compiled for tests. It does not support holes and
// hard links there.

type folder struct{ *os.Root }

func openFolder(root *os.Root, name string) (folder, error) {
	dir, err := root.OpenRoot(name)
	return folder{dir}, err
}

func (f folder) open(name string) (file, error) {
	opened, err := f.Open(name)
	return file{opened}, err
}

type file struct{ *os.File }

func (f file) close() { _ = f.Close() }

func (f file) readFacts() (facts, error) {
	info, err := f.Stat()
	if err != nil {
		return facts{}, err
	}
	return facts{info.Mode(), info.Size(), info.Size(), info.ModTime(), info.ModTime()}, nil
}

func (file) writeBack() error { return nil }

func (f file) readAt(p []byte, offset int64) (int, error) {
	n, err := f.ReadAt(p, offset)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

func (file) nextData(offset, size int64) (data, hole int64, holes bool) { return offset, size, false }

func identity(fs.FileInfo) (device, inode uint64) { return 0, 0 }

func position(fs.FileInfo) (device, inode uint64) { return 0, 0 }

func ownerOf(fs.FileInfo) int { return -1 }

func changedAt(info fs.FileInfo) time.Time { return info.ModTime() }

func stored(info fs.FileInfo) int64 { return info.Size() }
