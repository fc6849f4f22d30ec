package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"time"
)

// partial is a file, symlink or hard link under the name it has while it is
// being made. Either commit gives it its own name or discard removes it.
type partial struct {
	dir    *os.Root // the directory of the entry
	name   string   // in dir
	entry  Entry
	file   *os.File    // nil for links
	mine   fs.FileInfo // nil for links
	placed bool        // it has its own name now
}

// newPartial begins the partial of an entry whose directory was entered.
func (u *unpacking) newPartial(entry Entry) (*partial, error) {
	dir, err := u.in(path.Dir(entry.Path))
	if err != nil {
		return nil, err
	}
	return &partial{dir: dir, name: path.Base(partialName(entry.Path)), entry: entry}, nil
}

// create opens the partial's file. It never follows or takes what is there.
func (p *partial) create() error {
	return p.make(func() (err error) {
		p.file, err = p.dir.OpenFile(p.name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		return err
	})
}

// make runs what makes the partial, a second time where an earlier, killed
// process left one behind.
func (p *partial) make(what func() error) error {
	err := what()
	if errors.Is(err, fs.ErrExist) {
		if err = p.dir.Remove(p.name); err == nil {
			err = what()
		}
	}
	if err != nil {
		return localError(err)
	}
	return nil
}

// finish gives the file its mode and time and closes it.
func (p *partial) finish() (err error) {
	p.mine, err = p.file.Stat()
	err = errors.Join(err,
		tolerate(p.file.Chmod(p.entry.Mode)),
		p.file.Close(),
		tolerate(p.dir.Chtimes(p.name, time.Time{}, p.entry.ModTime)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.taken()
	case err != nil:
		return fmt.Errorf("writing %q: %w", p.entry.Path, err)
	}
	return nil
}

func (p *partial) taken() error {
	return fmt.Errorf("writing %q: another process writes to the same directory", p.entry.Path)
}

// commit gives the partial its own name, in place of what had it.
//
// A second process that unpacks to the same directory may have taken the partial
// for a left-over and begun its own: that half of a file must not get our name.
func (p *partial) commit() (Outcome, error) {
	there, err := p.dir.Lstat(p.name)
	if err != nil || p.mine != nil && !os.SameFile(p.mine, there) {
		return Outcome{}, p.taken()
	}
	if err := p.dir.Rename(p.name, path.Base(p.entry.Path)); err != nil {
		return Outcome{}, localError(err)
	}
	p.placed = true
	return Outcome{Verdict: Verdict{Action: Write}, Local: there}, nil
}

// discard removes what commit did not place.
func (p *partial) discard() {
	if p.placed {
		return
	}
	if p.file != nil {
		_ = p.file.Close()
	}
	_ = p.dir.Remove(p.name)
}
