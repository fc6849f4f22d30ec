package localtree

import (
	"errors"
	"fmt"
	"io/fs"
)

// RemovedError says that the local directory was removed while files were written to it.
type RemovedError struct{ Dir string }

// Error implements error.
func (e *RemovedError) Error() string {
	return fmt.Sprintf("the local directory %s was deleted while files were written to it", e.Dir)
}

// orRemoved returns a *RemovedError if the directory of the Tree was removed, otherwise err.
func (t *Tree) orRemoved(err error) error {
	if err != nil && t.writable.done.Load() && t.writable.value != nil && t.writable.value.removed() {
		return &RemovedError{Dir: t.name}
	}
	return err
}

// missing returns the reason why a file of this Partial does not exist: its directory, or
// that of the Tree, was removed. It returns nil if neither was.
func (p *Partial) missing(err error) error {
	if !errors.Is(err, fs.ErrNotExist) || !p.dir.removed() {
		return nil
	}
	return p.tree.orRemoved(refuse("its local directory was deleted during the transfer"))
}

// local turns an error of the file system into an error or a refusal of the entry.
func (p *Partial) local(err error) error {
	if reason := p.missing(err); reason != nil {
		return reason
	}
	return localError(p.entry.Path, err)
}

// deletedError returns the error for a partial file that another program deleted. The file
// that has its name now must not be renamed, because it may be incomplete.
func (p *Partial) deletedError() error {
	if reason := p.missing(fs.ErrNotExist); reason != nil {
		return reason
	}
	return p.writeError(fmt.Errorf("another program deleted the partial file %s", p.name))
}
