package localtree

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Worker is a hand of a Tree for one goroutine. It holds the directory open that
// it used last: sources go through their directories one by one, and looking up
// a path takes a system call for each of its parts.
type Worker struct {
	tree *Tree
	path string
	dir  *folder // at path; nil: none is held
	// entered is the round of the Tree in which path was made fit to be written
	// to; -1 where it was only looked at.
	entered int64
}

// Worker returns a hand that must be closed. Partials outlive it.
func (t *Tree) Worker() *Worker { return &Worker{tree: t} }

// Close frees what the Worker holds open. It can be used again.
func (w *Worker) Close() {
	if w.dir != nil {
		w.dir.release()
		w.dir = nil
	}
}

// borrow takes a Worker for a method of the Tree itself.
func (t *Tree) borrow() *Worker {
	t.mu.Lock()
	defer t.mu.Unlock()
	index := len(t.spare) - 1
	if index < 0 {
		return t.Worker()
	}
	w := t.spare[index]
	t.spare = t.spare[:index]
	return w
}

func (t *Tree) giveBack(w *Worker) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spare = append(t.spare, w)
}

// enter makes sure that p and all above it are real directories, no symlinks,
// that files can be made in, and returns p. The Worker holds it for its next call.
func (w *Worker) enter(p string) (*folder, error) {
	base, err := w.tree.openForWriting()
	if err != nil || p == "." {
		return base, err
	}
	round := w.tree.round.Load()
	if w.dir != nil && w.path == p && w.entered == round {
		return w.dir, nil
	}
	if !w.tree.entered(p) {
		parent, err := w.enter(path.Dir(p))
		if err != nil {
			return nil, err
		}
		if err := w.tree.enter(parent, p, true); err != nil {
			return nil, err
		}
	}
	dir, err := w.walk(base, p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, w.tree.orRemoved(refuse("its local directory was deleted during the transfer"))
	}
	if err == nil {
		w.entered = round
	}
	return dir, err
}

// seek returns the directory p, nil where there is none. It makes nothing.
func (w *Worker) seek(p string) (*folder, error) {
	base, err := w.tree.openForReading()
	if err != nil || base == nil || p == "." {
		return base, err
	}
	dir, err := w.walk(base, p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing is there
	}
	return dir, err
}

// find looks p up. It returns no directory where there is none, no status where
// there is nothing of that name. What cannot be passed, since its mode shuts it,
// is opened for the time being once the Tree writes.
func (w *Worker) find(p string) (dir *folder, info *status, err error) {
	if err := checkValidated(p); err != nil {
		return nil, nil, err
	}
	dir, info, err = w.lookUp(p)
	if errors.Is(err, fs.ErrPermission) && w.tree.writable.done.Load() && w.unlock(path.Dir(p)) == nil {
		dir, info, err = w.lookUp(p)
	}
	return dir, info, localError(p, err)
}

func (w *Worker) lookUp(p string) (dir *folder, info *status, err error) {
	if dir, err = w.seek(path.Dir(p)); err != nil || dir == nil {
		return nil, nil, err
	}
	info, err = dir.lstat(path.Base(p))
	return dir, info, tolerateGone(err)
}

// unlock makes p and all above it passable, as far as they are there.
func (w *Worker) unlock(p string) error {
	if p == "." {
		return nil
	}
	if err := w.unlock(path.Dir(p)); err != nil {
		return err
	}
	parent, err := w.seek(path.Dir(p))
	if err != nil || parent == nil {
		return err
	}
	return tolerateGone(w.tree.enter(parent, p, false))
}

// walk opens p from the directory that is held, if p lies in it, or from base,
// and holds it.
func (w *Worker) walk(base *folder, p string) (*folder, error) {
	if w.dir != nil && w.path == p {
		return w.dir, nil
	}
	prefix, dir := "", base
	if w.dir != nil && strings.HasPrefix(p, w.path+"/") {
		prefix, dir = w.path+"/", w.dir
	}
	dir.retain()
	for len(prefix) < len(p) {
		name, _, _ := strings.Cut(p[len(prefix):], "/")
		child, err := dir.open(name)
		if err != nil {
			err = unpassable(dir, name, p[:len(prefix)+len(name)], err)
		}
		dir.release()
		if err != nil {
			return nil, err
		}
		prefix, dir = p[:min(len(p), len(prefix)+len(name)+1)], child
	}
	w.Close()
	w.path = p
	w.dir = dir
	w.entered = -1
	return dir, nil
}

// unpassable says why name, which is p, could not be opened as a directory.
func unpassable(dir *folder, name, p string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	if info, statErr := dir.lstat(name); statErr == nil && !info.IsDir() {
		return needed(p, info.Mode())
	}
	return localError(p, err)
}
