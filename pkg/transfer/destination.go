package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// destination is the local directory, made when it is first needed.
type destination struct {
	path string   // absolute
	root *os.Root // nil before open
	made []string // directories that open made, the outermost first
}

// newDestination refuses early what can never become a directory.
func newDestination(dir string) (*destination, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding %q: %w", dir, err)
	}
	info, err := os.Stat(abs)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("opening the directory %q: %w", dir, err)
	case err == nil && !info.IsDir():
		return nil, fmt.Errorf("%q is not a directory", dir)
	}
	return &destination{path: abs}, nil
}

// open makes the directory and those above it, where they are missing.
func (d *destination) open() (*os.Root, error) {
	if d.root != nil {
		return d.root, nil
	}
	if err := d.mkdir(d.path); err != nil {
		return nil, fmt.Errorf("making the directory: %w", err)
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	d.root = root
	return root, nil
}

func (d *destination) mkdir(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := d.mkdir(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o777); err != nil { //nolint:gosec // the umask decides
		return err
	}
	d.made = append(d.made, dir)
	return nil
}

// close removes the directories that it made for nothing.
func (d *destination) close() error {
	if d.root == nil {
		return nil
	}
	err := d.root.Close()
	for _, dir := range slices.Backward(d.made) {
		if os.Remove(dir) != nil {
			break // it has something in it, and so have those above
		}
	}
	return err
}
