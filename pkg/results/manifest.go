package results

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// manifest is the file of SHA-256 sums. It has a temporary name until it is complete.
type manifest struct {
	name string
	file *os.File // nil if none is requested
}

// newManifest creates the file, so that a name that cannot be written is refused before anything is copied.
func newManifest(name string) (*manifest, error) {
	m := &manifest{name: name}
	if name == "" {
		return m, nil
	}
	var err error
	if m.file, err = os.CreateTemp(filepath.Dir(name), ".kubectl-batch-manifest-*"); err != nil {
		return nil, requestErrorf("invalid value %q for --manifest: %w", name, err)
	}
	return m, nil
}

// writer receives the lines; nil if none are requested.
func (m *manifest) writer() io.Writer {
	if m.file == nil {
		return nil
	}
	return m.file
}

// save renames the file to its final name. After a fetch that refused some files it has the sums of the others.
func (m *manifest) save() error {
	if m.file == nil {
		return nil
	}
	if err := errors.Join(m.file.Chmod(0o644), m.file.Close(), os.Rename(m.file.Name(), m.name)); err != nil {
		return fmt.Errorf("writing manifest %q: %w", m.name, err)
	}
	m.file = nil
	return nil
}

// discard removes the file, unless it was saved.
func (m *manifest) discard() {
	if m.file != nil {
		_ = m.file.Close()
		_ = os.Remove(m.file.Name())
	}
}
