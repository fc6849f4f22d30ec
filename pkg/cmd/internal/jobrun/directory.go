package jobrun

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkDestination returns an error if --fetch cannot write to dir. It is called before the job is created, because
// a fetch that fails after the job has run is worse.
func checkDestination(dir string) error {
	info, err := os.Stat(dir)
	for parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir; parent = filepath.Dir(parent) {
		dir = parent
		info, err = os.Stat(dir)
	}
	switch {
	case err != nil:
		return withoutPath(err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	probe, err := os.MkdirTemp(dir, ".kubectl-batch-")
	if err != nil {
		return fmt.Errorf("cannot write to the directory: %w", withoutPath(err))
	}
	return os.Remove(probe)
}

// withoutPath removes the path from an error of a file. The message has the flag instead.
func withoutPath(err error) error {
	if failed, ok := errors.AsType[*os.PathError](err); ok {
		return failed.Err
	}
	return err
}
