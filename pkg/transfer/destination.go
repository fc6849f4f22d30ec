package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// destination is the local directory. It is created when it is first needed.
type destination struct {
	path     string   // absolute
	root     *os.Root // nil before open
	existing *os.Root // nil before peek
	created  []string // directories that open created, the outermost first
	// locks is a directory for lock files, for systems that cannot lock a directory.
	locks  string
	unlock func()
}

// newDestination returns an error if dir exists and is not a directory.
func newDestination(dir, locks string) (*destination, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolving path %q: %w", dir, err)
	}
	info, err := os.Stat(abs)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("opening directory %q: %w", dir, err)
	case err == nil && !info.IsDir():
		return nil, fmt.Errorf("%q is not a directory", dir)
	}
	return &destination{path: abs, locks: locks}, nil
}

// Reservation is a local directory that this process has locked.
type Reservation struct{ local *destination }

// Reserve creates dir and its parents if they do not exist, and locks dir until Release. The caller can do this before
// any remote request. locks is Request.Receipts. The error is, or wraps, localtree.ErrLocked if another fetch writes
// to dir.
func Reserve(dir, locks string) (*Reservation, error) {
	local, err := newDestination(dir, locks)
	if err != nil {
		return nil, err
	}
	if _, err := local.open(); err != nil {
		return nil, errors.Join(local.explain(err), local.close())
	}
	return &Reservation{local}, nil
}

// Release unlocks the directory, and removes the directories that Reserve created if they are empty. It may be called
// on nil.
func (r *Reservation) Release() error {
	if r == nil {
		return nil
	}
	return r.local.close()
}

// open creates the directory and its parents if they do not exist, and locks it.
func (d *destination) open() (*os.Root, error) {
	if d.root != nil {
		return d.root, nil
	}
	if err := d.mkdir(d.path); err != nil {
		return nil, fmt.Errorf("creating the directory: %w", err)
	}
	unlock, err := localtree.Lock(d.path, d.locks)
	if errors.Is(err, localtree.ErrLocked) {
		d.created = nil // another fetch uses them now
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.path, err)
	}
	root, err := os.OpenRoot(d.path)
	if err != nil {
		unlock()
		return nil, fmt.Errorf("opening the directory: %w", err)
	}
	d.root, d.unlock = root, unlock
	return root, nil
}

// peek opens the directory for reading. The error wraps fs.ErrNotExist if it does not exist.
func (d *destination) peek() (*os.Root, error) {
	if d.root != nil {
		return d.root, nil
	}
	existing, err := os.OpenRoot(d.path)
	d.existing = existing
	return existing, err
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
	d.created = append(d.created, dir)
	return nil
}

// close closes and unlocks the directory, and removes the directories that open created if
// they are empty.
func (d *destination) close() error {
	if d.existing != nil {
		_ = d.existing.Close() // only looked at
	}
	var err error
	if d.root != nil {
		err = d.root.Close()
		defer d.unlock()
	}
	for _, dir := range slices.Backward(d.created) {
		if os.Remove(dir) != nil {
			break // it is not empty, so that its parents are not either
		}
	}
	return err
}
