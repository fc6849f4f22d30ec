package jobrun

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
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
		return flagvalue.WithoutPath(err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	probe, err := os.MkdirTemp(dir, ".kubectl-batch-")
	if err != nil {
		return fmt.Errorf("cannot write to the directory: %w", flagvalue.WithoutPath(err))
	}
	return os.Remove(probe)
}
