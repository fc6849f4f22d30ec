package localtree

import (
	"errors"
	"io/fs"
	"path"
	"strings"
)

// Worker is a handle on a Tree for one goroutine. It keeps the directory open that it used
// last, because sources list one directory after another, and opening a path takes a
// system call for each of its elements.
type Worker struct {
	tree *Tree
	path string
	dir  *folder // at path; nil: none is held
	// entered is the round of the Tree in which path was made writable; -1 if it was not.
	entered int64
}

// Worker returns a new Worker, which the caller must close. Its Partials stay valid after that.
func (t *Tree) Worker() *Worker { return &Worker{tree: t} }

// Close closes the directory of the Worker. The Worker can be used again.
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

// enter creates the directory p and those above it, or makes existing ones writable, and
// returns p. It follows no symlink. The Worker keeps p open for the next call.
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

// seek returns the directory p, nil if it does not exist. It creates nothing.
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

// find returns the directory and the metadata of p. Both are nil if the directory does not
// exist, and info is nil if p does not exist. Once the Tree is open for writing, find changes
// the mode of directories that it cannot enter, until Finish.
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

// unlock changes the modes of p and the existing directories above it, so that they can be entered.
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

// walk opens the directory p and keeps it open. It starts at the directory that is open
// already, if p is below it, otherwise at base.
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

// unpassable returns the reason why name, which is the path p, could not be opened as a directory.
func unpassable(dir *folder, name, p string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return err
	}
	if info, statErr := dir.lstat(name); statErr == nil && !info.IsDir() {
		return needed(p, info.Mode())
	}
	return localError(p, err)
}
