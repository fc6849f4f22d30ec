package localtree

import (
	"fmt"
	"io/fs"
	"path"
)

// AcceptExisting uses the existing file info, which Inspect returned, as the entry. With
// chmod, a file gets the mode of the entry. It returns the metadata after that.
func (t *Tree) AcceptExisting(entry Entry, info fs.FileInfo, chmod bool) (fs.FileInfo, error) {
	if err := t.reserveName(entry.Path); err != nil {
		return nil, err
	}
	if !chmod || !info.Mode().IsRegular() || info.Mode().Perm() == entry.Mode.Perm() {
		return info, nil
	}
	w := t.borrow()
	defer t.giveBack(w)
	dir, current, err := w.find(entry.Path)
	if err != nil || current == nil || !current.Mode().IsRegular() {
		return info, err
	}
	name := path.Base(entry.Path)
	if err := tolerate(dir.chmod(name, entry.Mode.Perm())); err != nil {
		return nil, fmt.Errorf("changing the mode of %q: %w", entry.Path, err)
	}
	if current, err = dir.lstat(name); err != nil {
		return nil, localError(entry.Path, err)
	}
	return current, nil
}
