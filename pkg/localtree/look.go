package localtree

import (
	"io/fs"
	"os"
	"path"
	"syscall"
)

// Inspect returns what exists at the path of entry: nothing (Info is nil), a regular
// file, a symlink, or for a Directory a directory. It refuses an entry if something else
// exists at its path or above it. It writes nothing before the Tree is open. After that, it
// changes the mode of directories that it cannot enter, until Finish.
func (t *Tree) Inspect(entry Entry) (Local, error) {
	w := t.borrow()
	defer t.giveBack(w)
	return w.Inspect(entry)
}

// Inspect is Tree.Inspect. It is faster for several entries of one directory.
func (w *Worker) Inspect(entry Entry) (Local, error) {
	if err := w.tree.spelling(entry.Path); err != nil {
		return Local{}, err
	}
	dir, info, err := w.find(entry.Path)
	if err != nil || info == nil {
		return Local{}, err
	}
	local := Local{Info: info}
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0 && entry.Type != Directory:
		local.Target, err = dir.readlink(path.Base(entry.Path))
	case entry.Type == Directory && !mode.IsDir():
		return Local{}, needed(entry.Path, mode)
	case entry.Type != Directory && !mode.IsRegular():
		return Local{}, refuse("%s already exists at this local path", describe(mode))
	}
	if err != nil {
		return Local{}, localError(entry.Path, err)
	}
	return local, nil
}

// spelling refuses a name that the file system does not distinguish from an earlier one.
func (t *Tree) spelling(p string) error {
	if err := checkValidated(p); err != nil || !t.writable.done.Load() || t.fold.spellings == nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.fold.check(p)
}

// OpenFile opens the regular file at p for reading. p must have gone through Validate.
func (t *Tree) OpenFile(p string) (*os.File, error) {
	w := t.borrow()
	defer t.giveBack(w)
	return w.openFile(p)
}

func (w *Worker) openFile(p string) (*os.File, error) {
	dir, info, err := w.find(p)
	switch {
	case err != nil:
		return nil, err
	case info == nil:
		return nil, &fs.PathError{Op: "open", Path: p, Err: syscall.ENOENT}
	}
	file, _, err := dir.openFile(path.Base(p))
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: p, Err: bare(err)}
	}
	return file, nil
}

func needed(p string, mode fs.FileMode) error {
	return refuse("%q is %s locally, but a directory is needed", p, describe(mode))
}

// describe describes a type of file.
func describe(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode.IsRegular():
		return "a file"
	case mode&fs.ModeSymlink != 0:
		return "a symlink"
	}
	return "a special file"
}
