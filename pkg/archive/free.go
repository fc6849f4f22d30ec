package archive

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
	at, err := filepath.Abs(dir)
	if err != nil {
		return 0, false
	}
	for {
		_, err := os.Stat(at)
		above := filepath.Dir(at)
		if !errors.Is(err, fs.ErrNotExist) || above == at {
			return free(at)
		}
		at = above
	}
}
