package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// maxLinks is how many symlinks in a row are followed if a sub-path leads to a file.
const maxLinks = 8

// served opens what a request needs before handler answers it. A sub-path may be
// created while the agent runs, so each request tries until it is open.
func (a *agent) served(handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		err := a.openServed()
		switch {
		case absent(err):
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write(wire.AppendEntry(nil, wire.Entry{Path: "."}))
		case err != nil:
			http.Error(w, fmt.Sprintf("cannot open %q: %s", a.SubPath, cause(err)), http.StatusForbidden)
		default:
			handler(w, r)
		}
	}
}

// openServed opens the served directory: the root, or the sub-path below it. If the
// sub-path is a file, openServed opens its directory, and only that file is served.
// No symlink leads out of the root.
func (a *agent) openServed() error {
	a.opening.Lock()
	defer a.opening.Unlock()
	if a.root != nil {
		return nil
	}
	if a.SubPath == "" {
		a.root = a.volume
		return nil
	}
	info, err := a.volume.Stat(a.SubPath)
	if err != nil {
		return err
	}
	if info.IsDir() {
		a.root, err = a.volume.OpenRoot(a.SubPath)
		return err
	}
	file, err := a.resolveFile(a.SubPath)
	if err != nil {
		return err
	}
	if a.root, err = a.volume.OpenRoot(path.Dir(file)); err == nil {
		a.singleFile = path.Base(file)
	}
	return err
}

// resolveFile follows symlinks until name is a regular file.
func (a *agent) resolveFile(name string) (string, error) {
	for range maxLinks {
		info, err := a.volume.Lstat(name)
		switch {
		case err != nil:
			return "", err
		case info.Mode().IsRegular():
			return name, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", &irregularError{info.Mode()}
		}
		target, err := a.volume.Readlink(name)
		if err != nil {
			return "", err
		}
		name = path.Join(path.Dir(name), target)
	}
	return "", errors.New("too many symlinks")
}

// close closes what is open.
func (a *agent) close() {
	if a.root != nil && a.root != a.volume {
		_ = a.root.Close()
	}
	_ = a.volume.Close()
}

// lstat returns the metadata of a path of a request.
func (a *agent) lstat(full string) (fs.FileInfo, error) {
	if a.singleFile != "" && full != "." && full != a.singleFile {
		return nil, fs.ErrNotExist
	}
	return a.root.Lstat(full)
}

// onlyFile lists the directory that stands for a sub-path which is a file.
func (w *walk) onlyFile(root *os.Root, name string) error {
	info, err := root.Lstat(name)
	switch {
	case absent(err):
		return nil // it was removed since the sub-path was opened
	case err != nil:
		return w.out.Node(wire.Node{Path: name, Refused: cannotRead(err)})
	}
	around := wire.Node{Path: ".", Type: wire.Directory, Mode: 0o755, ModTime: info.ModTime()}
	if err := w.out.Node(around); err != nil {
		return err
	}
	return w.node(root, name, name, info)
}
