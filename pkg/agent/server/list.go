package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

const (
	// batch is how many names of a directory are in memory at once. At a depth above deep
	// it is deepBatch, because each level above has its own names in memory.
	batch, deepBatch, deep = 1024, 32, 16
	// maxDepth is the depth at which the walk stops, because each level keeps two files
	// open. The help of fetch documents it.
	maxDepth = 1000
	// maxName is by how many bytes one name can extend a path.
	maxName = 256
)

// missing returns the entries of a list request that do not exist, encoded as a request.
// Other requests only name paths from an earlier list, so that missing ignores them.
func (a *agent) missing(r *http.Request, request wire.Request) (entries []byte) {
	if r.URL.Path != "/v1/list" {
		return nil
	}
	for _, entry := range request.All() {
		if _, err := a.lstat(entry.Path); absent(err) {
			entries = wire.AppendEntry(entries, entry)
		}
	}
	return entries
}

// list is the job that names everything at each of the paths.
func list(ctx context.Context, s *session) error {
	w := walk{session: s, ctx: ctx}
	for _, entry := range s.request.All() {
		var err error
		switch {
		case s.singleFile == "":
			err = w.tree(s.root, entry.Path)
		case entry.Path == ".":
			err = w.onlyFile(s.root, s.singleFile)
		case entry.Path == s.singleFile:
			err = w.tree(s.root, entry.Path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// walk lists trees. It keeps a batch of names in memory for each level.
type walk struct {
	*session
	ctx context.Context
}

// tree lists the entries at and below one path of a request.
func (w *walk) tree(root *os.Root, full string) error {
	info, err := root.Lstat(full)
	switch {
	case absent(err):
		return nil // it was deleted after the request was checked
	case err != nil:
		return w.out.Node(wire.Node{Path: full, Refused: cannotRead(err)})
	case info.IsDir():
		return w.directory(root, full, full, 0)
	}
	return w.node(root, full, full, info)
}

func (w *walk) node(dir *os.Root, name, full string, info fs.FileInfo) error {
	if len(full) > wire.MaxPath {
		return w.out.Node(wire.Node{Path: full[:wire.MaxPath], Refused: fmt.Sprintf("path exceeds the limit of %d bytes", wire.MaxPath)})
	}
	return w.out.Node(w.nodeOf(dir, name, full, info))
}

// directory lists the directory name in parent: first itself, then its contents.
func (w *walk) directory(parent *os.Root, name, full string, depth int) error {
	info, err := parent.Lstat(name)
	if absent(err) {
		return nil
	}
	if err != nil {
		return w.out.Node(wire.Node{Path: full, Type: wire.Directory, Refused: cannotRead(err)})
	}
	if reason := beyond(full, depth); reason != "" {
		return w.closed(full, info, reason)
	}
	dir, names, err := open(parent, name)
	if err != nil {
		return w.closed(full, info, "cannot read directory: "+cause(err))
	}
	defer func() { _ = dir.Close() }()
	defer func() { _ = names.Close() }()
	if err := w.node(parent, name, full, info); err != nil {
		return err
	}
	return w.entries(dir, names, full, depth)
}

// beyond returns the reason why a directory is not listed, "" if it is.
func beyond(full string, depth int) string {
	switch {
	case depth > maxDepth:
		return fmt.Sprintf("contents exceed the limit of %d nested directories", maxDepth)
	case len(full) > wire.MaxPath-maxName:
		return fmt.Sprintf("paths of its contents may exceed the limit of %d bytes", wire.MaxPath)
	}
	return ""
}

// closed reports a directory whose entries could not be read completely.
func (w *walk) closed(full string, info fs.FileInfo, reason string) error {
	return w.out.Node(wire.Node{
		Type: wire.Directory, Path: full, Mode: permissions(info.Mode()), ModTime: info.ModTime(), Refused: reason,
	})
}

// open opens the directory name in parent twice: to access its entries and to read their
// names. It fails if the directory was replaced meanwhile, for example by a symlink.
func open(parent *os.Root, name string) (dir *os.Root, names *os.File, err error) {
	dir, err = parent.OpenRoot(name)
	if err != nil {
		return nil, nil, err
	}
	names, err = dir.Open(".")
	if err != nil {
		return nil, nil, errors.Join(err, dir.Close())
	}
	opened, err := names.Stat()
	if err == nil {
		var named fs.FileInfo
		named, err = parent.Lstat(name)
		if err == nil && !os.SameFile(opened, named) {
			err = errors.New("replaced while it was listed")
		}
	}
	if err != nil {
		return nil, nil, errors.Join(err, names.Close(), dir.Close())
	}
	return dir, names, nil
}

// entries lists the contents of dir in batches. In each batch, directories come last.
func (w *walk) entries(dir *os.Root, names *os.File, full string, depth int) error {
	size := batch
	if depth > deep {
		size = deepBatch
	}
	for {
		chunk, err := names.Readdirnames(size)
		below, failed := w.batch(dir, chunk, full)
		if failed != nil {
			return failed
		}
		for _, name := range below {
			if err := w.directory(dir, name, path.Join(full, name), depth+1); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return w.ctx.Err()
		}
		if err != nil {
			return w.torn(names, full, err)
		}
	}
}

// torn reports a directory whose names could only be read in part.
func (w *walk) torn(names *os.File, full string, cut error) error {
	info, err := names.Stat()
	if err != nil {
		return w.out.Node(wire.Node{Type: wire.Directory, Path: full, Refused: cannotRead(err)})
	}
	return w.closed(full, info, "cannot read all of its contents: "+cause(cut))
}

// batch lists names, which are in dir, and returns the names of directories.
func (w *walk) batch(dir *os.Root, names []string, full string) (below []string, err error) {
	for _, name := range names {
		place := path.Join(full, name)
		info, err := dir.Lstat(name)
		system := ""
		if err == nil && full == "." {
			system = w.ofSystem(dir, name, info)
		}
		switch {
		case absent(err):
		case err != nil:
			err = w.out.Node(wire.Node{Path: place, Refused: cannotRead(err)})
		case system != "":
			err = w.out.Node(wire.Node{Path: place, Type: wire.Directory, ModTime: info.ModTime(), Skipped: system})
		case info.IsDir():
			below = append(below, name)
		default:
			err = w.node(dir, name, place, info)
		}
		if err != nil && !absent(err) {
			return nil, err
		}
	}
	return below, w.ctx.Err()
}
