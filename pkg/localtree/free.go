package localtree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Free returns how many bytes this user can still write to the file system of dir, which
// need not exist yet. ok is false if the file system does not report it. Quotas are
// included only if the file system reports them.
func Free(dir string) (bytes uint64, ok bool) {
	nearest, ok := existing(dir)
	if !ok {
		return 0, false
	}
	return free(nearest)
}

// FreeInodes returns how many more files the file system of dir, which need not exist
// yet, can hold. ok is false if there is no limit or it is not known.
func FreeInodes(dir string) (files uint64, ok bool) {
	nearest, ok := existing(dir)
	if !ok {
		return 0, false
	}
	return freeInodes(nearest)
}

// existing is the nearest directory at or above dir that exists.
func existing(dir string) (string, bool) {
	nearest, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	for {
		_, err := os.Stat(nearest)
		above := filepath.Dir(nearest)
		if !errors.Is(err, fs.ErrNotExist) || above == nearest {
			return nearest, true
		}
		nearest = above
	}
}
