package localtree

import (
	"fmt"
	"io/fs"
	"os"
)

// Partial returns the length of the partial file that Suspend, or a killed process, left
// for the file at p. Its content may be from an older version of the file: the caller
// must check it.
func (w *Worker) Partial(p string) (size int64, ok bool) {
	_, info, err := w.find(partialPath(p))
	if err != nil || info == nil || !info.ours() {
		return 0, false
	}
	return info.Size(), true
}

// OpenPartial opens the partial file of the file at p for reading. The error wraps
// ErrNoPartial if there is none.
func (w *Worker) OpenPartial(p string) (*os.File, error) {
	dir, info, err := w.find(partialPath(p))
	if err != nil {
		return nil, err
	}
	if info == nil {
		return nil, ErrNoPartial
	}
	file, info, err := dir.openFile(info.Name())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoPartial, &fs.PathError{Op: "open", Path: p, Err: bare(err)})
	}
	if !info.ours() {
		_ = file.Close()
		return nil, ErrNoPartial
	}
	return file, nil
}
