package fetch

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

// manifest is the file of --manifest under a name of its own, until it is whole.
type manifest struct {
	name string
	file *os.File // nil where none was asked for
}

// newManifest begins the file, so that one that cannot be written is refused
// before anything is copied.
func (o *Options) newManifest() (*manifest, error) {
	m := &manifest{name: o.engine.Manifest}
	if m.name == "" {
		return m, nil
	}
	var err error
	if m.file, err = os.CreateTemp(filepath.Dir(m.name), ".kubectl-batch-manifest-*"); err != nil {
		return nil, exit.Usagef("invalid value %q for --manifest: %w", m.name, err)
	}
	return m, nil
}

// writer is what the lines go to, nil where none are wanted.
func (m *manifest) writer() io.Writer {
	if m.file == nil {
		return nil
	}
	return m.file
}

// keep gives the file its name. After a fetch that left something out it holds
// what is here.
func (m *manifest) keep() error {
	if m.file == nil {
		return nil
	}
	if err := errors.Join(m.file.Chmod(0o644), m.file.Close(), os.Rename(m.file.Name(), m.name)); err != nil {
		return fmt.Errorf("writing manifest %q: %w", m.name, err)
	}
	m.file = nil
	return nil
}

// discard removes what was not kept.
func (m *manifest) discard() {
	if m.file != nil {
		_ = m.file.Close()
		_ = os.Remove(m.file.Name())
	}
}
