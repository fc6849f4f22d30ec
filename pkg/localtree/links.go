package localtree

import (
	"errors"
	"io"
	"io/fs"
	"path"
)

const copySize = 256 << 10 // bytes of content read at once

// Symlink creates the symlink of entry. It replaces an existing file or symlink. Time and
// mode are not set.
func (t *Tree) Symlink(entry Entry) (Outcome, error) {
	w := t.borrow()
	defer t.giveBack(w)
	return w.link(entry, func(p *Partial) error { return p.dir.symlink(entry.Target, p.name) })
}

// link creates a link with its partial name and then renames it to its final name.
func (w *Worker) link(entry Entry, create func(*Partial) error) (Outcome, error) {
	p, err := w.partial(entry)
	if err != nil {
		return Outcome{}, err
	}
	defer p.Discard()
	if err := p.create(func() error { return create(p) }); err != nil {
		return Outcome{}, err
	}
	info, err := p.dir.lstat(p.name)
	if err != nil {
		return Outcome{}, p.deletedError()
	}
	return p.moveIntoPlace(info)
}

// HardLink creates entry as another name of the regular file at its Target. If the file
// system has no hard links, it creates a copy with the entry's mode and time. If both
// names are the same file already, it changes nothing.
func (t *Tree) HardLink(entry Entry) (Outcome, error) {
	w := t.borrow()
	defer t.giveBack(w)
	dir, target, err := w.target(entry)
	if err != nil {
		return Outcome{}, err
	}
	defer dir.release()
	if info, ok := w.linked(entry, target); ok {
		return Outcome{Verdict: Verdict{Action: Keep}, Local: info}, nil
	}
	base, err := t.openForWriting()
	if err != nil {
		return Outcome{}, err
	}
	unlinkable := false
	outcome, err := w.link(entry, func(p *Partial) error {
		err := t.link(base, dir, p.dir, entry.Target, path.Join(path.Dir(entry.Path), p.name))
		unlinkable = err != nil && !errors.Is(err, fs.ErrExist)
		return err
	})
	if unlinkable { // if there is another problem, the copy reports it
		return w.copyOf(entry)
	}
	return outcome, err
}

// Linked reports whether entry is another name of the file at its Target already.
func (t *Tree) Linked(entry Entry) (bool, error) {
	w := t.borrow()
	defer t.giveBack(w)
	dir, target, err := w.target(entry)
	if err != nil {
		return false, err
	}
	dir.release()
	_, ok := w.linked(entry, target)
	return ok, nil
}

// target returns the directory and the metadata of the file at the Target of a hard link.
func (w *Worker) target(entry Entry) (*folder, *status, error) {
	dir, info, err := w.find(entry.Target)
	switch {
	case err != nil:
		return nil, nil, err
	case info == nil:
		return nil, nil, refuse("hard link to %q, which does not exist locally", entry.Target)
	case !info.Mode().IsRegular():
		return nil, nil, refuse("hard link to %q, which is %s locally", entry.Target, describe(info.Mode()))
	}
	return dir.retain(), info, nil
}

// linked reports whether both names are the same file. Then a rename of one to the other
// would do nothing, so that the partial file would stay.
func (w *Worker) linked(entry Entry, target *status) (*status, bool) {
	_, info, err := w.find(entry.Path)
	return info, err == nil && info != nil && info.isSameFile(target)
}

func (w *Worker) copyOf(entry Entry) (Outcome, error) {
	file, err := w.openFile(entry.Target)
	if err != nil {
		return Outcome{}, localError(entry.Path, err)
	}
	defer func() { _ = file.Close() }() // only read from
	p, err := w.StartPartial(entry, 0)
	if err != nil {
		return Outcome{}, err
	}
	defer p.Discard()
	if _, err := io.CopyBuffer(p, struct{ io.Reader }{file}, make([]byte, copySize)); err != nil {
		return Outcome{}, err
	}
	entry.Size = p.offset
	return p.Commit(entry)
}
