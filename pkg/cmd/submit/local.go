package submit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// canReceive says why --fetch could not write to dir: better now than when the job
// has run.
func canReceive(dir string) error {
	info, err := os.Stat(dir)
	for parent := filepath.Dir(dir); errors.Is(err, fs.ErrNotExist) && parent != dir; dir, parent = parent, filepath.Dir(parent) {
		info, err = os.Stat(parent)
	}
	switch {
	case err != nil:
		return reasonOf(err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	probe, err := os.MkdirTemp(dir, ".kubectl-batch-")
	if err != nil {
		return fmt.Errorf("cannot write to the directory: %w", reasonOf(err))
	}
	return os.Remove(probe)
}
