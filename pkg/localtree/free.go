package localtree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Free returns how many bytes this user may still write to the file system of
// dir, which need not exist yet. It is not ok where that cannot be told. Quotas
// are seen only where the file system reports them.
func Free(dir string) (bytes uint64, ok bool) {
	at, ok := existing(dir)
	if !ok {
		return 0, false
	}
	return free(at)
}

// FreeInodes returns how many more files the file system of dir, which need not exist
// yet, can hold. It is not ok where that cannot be told, or has no limit.
func FreeInodes(dir string) (files uint64, ok bool) {
	at, ok := existing(dir)
	if !ok {
		return 0, false
	}
	return freeInodes(at)
}

// existing is the nearest directory at or above dir that exists.
func existing(dir string) (string, bool) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	for {
		_, err := os.Stat(at)
		above := filepath.Dir(at)
		if !errors.Is(err, fs.ErrNotExist) || above == at {
			return at, true
		}
		at = above
	}
}
