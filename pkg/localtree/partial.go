package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"strings"
)

// ErrNoPartial says that there is no partial file to resume: it does not exist, is shorter
// than expected, or is not a regular file of this user.
var ErrNoPartial = errors.New("no partial file to resume")

// Partial is a file, symlink or hard link with its temporary name. It ends with Commit,
// Discard or Suspend. After one of them the others do nothing. Its methods must not be
// called at the same time.
type Partial struct {
	tree   *Tree
	dir    *folder // of the entry
	name   string  // in dir
	entry  Entry
	file   *handle // nil for links
	offset int64   // where the next byte goes
	end    int64   // how long the file on the disk is
	ended  bool
}

// StartPartial opens the partial file of entry for writing from offset on. If offset is 0,
// it creates a new one and removes that of an earlier process. Otherwise it opens the
// partial file of an earlier process and truncates it to offset; ErrNoPartial if there is
// none of that length. It follows no symlink, and only uses a regular file of this user
// with one name. It does not check what exists at the path of entry.
func (w *Worker) StartPartial(entry Entry, offset int64) (*Partial, error) {
	p, err := w.partial(entry)
	if err != nil {
		return nil, err
	}
	if offset > 0 {
		err = p.resume(offset)
	} else {
		// Its owner must be able to resume it, whatever its final mode is.
		err = p.create(func() (err error) {
			p.file, err = p.dir.create(p.name, entry.Mode.Perm()|0o600)
			return err
		})
	}
	if err != nil {
		p.release()
		return nil, err
	}
	return p, nil
}

// partial prepares the directory of entry and locks its name.
func (w *Worker) partial(entry Entry) (*Partial, error) {
	if err := w.tree.reserveName(entry.Path); err != nil {
		return nil, err
	}
	dir, err := w.enter(path.Dir(entry.Path))
	if err != nil {
		return nil, localError(entry.Path, err)
	}
	if err := w.tree.lockName(entry.Path); err != nil {
		return nil, err
	}
	entry.Path = strings.Clone(entry.Path)
	return &Partial{tree: w.tree, dir: dir.retain(), name: partialName(entry.Path), entry: entry}, nil
}

// release frees the directory and the name.
func (p *Partial) release() {
	p.ended = true
	p.dir.release()
	p.tree.unlockName(p.entry.Path)
}

// create calls create, which creates the partial file. If an earlier process left one, it
// removes that and calls create again.
func (p *Partial) create(create func() error) error {
	err := create()
	if errors.Is(err, fs.ErrExist) {
		if p.dir.remove(p.name) != nil {
			return refuse("cannot delete %q, which has the name of its partial file", p.name)
		}
		err = create()
	}
	return p.local(err)
}

// resume opens the partial file of an earlier process.
func (p *Partial) resume(offset int64) error {
	file, info, err := p.dir.reopen(p.name)
	if err != nil {
		return ErrNoPartial
	}
	if !info.ours() || info.Size() < offset {
		return errors.Join(ErrNoPartial, file.close())
	}
	if err := file.truncate(offset); err != nil {
		return errors.Join(localError(p.entry.Path, err), file.close())
	}
	p.file = file
	p.offset = offset
	p.end = offset
	return nil
}

// Write implements io.Writer. Blocks of zeros become holes.
func (p *Partial) Write(b []byte) (int, error) {
	end, err := writeSparse(p.file, b, p.offset)
	if err != nil {
		return 0, localError(p.entry.Path, err)
	}
	p.offset += int64(len(b))
	p.end = max(p.end, end)
	return len(b), nil
}

// longHole is the length, in bytes, from which a hole is created at once. If the file system
// does not support files of that length, this fails before any content is transferred.
const longHole = 1 << 30

// Skip leaves a hole of n bytes.
func (p *Partial) Skip(n int64) error {
	if n < 0 || n > math.MaxInt64-p.offset {
		return refuse("larger than the maximum size of a file")
	}
	p.offset += n
	if n < longHole {
		return nil
	}
	if err := p.lengthen(); err != nil {
		return localError(p.entry.Path, err)
	}
	p.end = p.offset
	return nil
}

func (p *Partial) writeError(err error) error {
	return fmt.Errorf("writing %q: %w", p.entry.Path, err)
}

// lengthen extends the file to offset if it ends with a hole that was not written.
func (p *Partial) lengthen() error {
	if p.offset <= p.end {
		return nil
	}
	return p.file.truncate(p.offset)
}

// Commit sets the mode and time of entry, which may have changed since StartPartial, and
// renames the file to its final name. It replaces an existing file. entry.Size must be the
// number of bytes that were written. After an error the partial file is removed.
func (p *Partial) Commit(entry Entry) (Outcome, error) {
	if p.ended {
		return Outcome{}, p.writeError(fs.ErrClosed)
	}
	defer p.Discard()
	if entry.Size != p.offset || p.offset < 0 {
		return Outcome{}, p.writeError(fmt.Errorf("received %d of %d bytes", p.offset, entry.Size))
	}
	if err := p.lengthen(); err != nil {
		return Outcome{}, localError(p.entry.Path, err)
	}
	info, err := p.file.finish(p.dir, p.name, entry.Mode.Perm(), entry.ModTime)
	p.file = nil
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Outcome{}, p.deletedError()
	case err != nil:
		return Outcome{}, localError(p.entry.Path, err)
	}
	return p.moveIntoPlace(info)
}

// moveIntoPlace renames the partial file to its final name.
func (p *Partial) moveIntoPlace(info *status) (Outcome, error) {
	name := path.Base(p.entry.Path)
	if err := p.dir.rename(p.name, name); err != nil {
		if existing, statErr := p.dir.lstat(name); statErr == nil && existing.IsDir() {
			return Outcome{}, refuse("a directory already exists at this local path")
		}
		return Outcome{}, p.local(err)
	}
	p.release()
	return Outcome{Verdict: Verdict{Action: Write}, Local: info}, nil
}

// Discard removes the partial.
func (p *Partial) Discard() {
	if p.ended {
		return
	}
	if p.file != nil {
		_ = p.file.close()
	}
	_ = p.dir.remove(p.name)
	p.release()
}

// Suspend closes the partial file and keeps it, so that a later StartPartial can resume it.
func (p *Partial) Suspend() {
	if p.ended {
		return
	}
	_ = p.lengthen() // if this fails, a later process resumes from an earlier byte
	_ = p.file.close()
	p.release()
}
