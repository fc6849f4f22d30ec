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

// orRemoved returns err, or what explains it: that the directory of the Tree was removed.
func (t *Tree) orRemoved(err error) error {
	if err != nil && t.writable.done.Load() && t.writable.value != nil && t.writable.value.removed() {
		return &RemovedError{Dir: t.name}
	}
	return err
}

// missing explains why a name is missing that this Partial needs: its directory was
// removed, or that of the Tree was. It returns nil where neither was.
func (p *Partial) missing(err error) error {
	if !errors.Is(err, fs.ErrNotExist) || !p.dir.removed() {
		return nil
	}
	return p.tree.orRemoved(refuse("its local directory was deleted during the transfer"))
}

// local turns what the file system said of the entry into an error or a refusal.
func (p *Partial) local(err error) error {
	if reason := p.missing(err); reason != nil {
		return reason
	}
	return localError(p.entry.Path, err)
}

// deletedError says that the partial is not ours any more: that half of another's file
// must not get the name.
func (p *Partial) deletedError() error {
	if reason := p.missing(fs.ErrNotExist); reason != nil {
		return reason
	}
	return p.writeError(fmt.Errorf("another program deleted the partial file %s", p.name))
}
