package localtree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// item is an entry and the content of its file.
type item struct {
	Entry
	data string
}

func file(name, data string) item {
	return item{Entry{Path: name, Type: File, Mode: 0o644, Size: int64(len(data)), ModTime: filetree.Epoch()}, data}
}

func dir(name string) item {
	return item{Entry{Path: name, Type: Directory, Mode: 0o755, ModTime: filetree.Epoch()}, ""}
}

func symlink(name, target string) item {
	return item{Entry{Path: name, Type: Symlink, Mode: 0o777, ModTime: filetree.Epoch(), Target: target}, ""}
}

func hardLink(name, target string) item {
	return item{Entry{Path: name, Type: HardLink, Mode: 0o644, ModTime: filetree.Epoch(), Target: target}, ""}
}

func specialFile(name, kind string) item { return item{Entry{Path: name, Target: kind}, ""} }

// perm is i with another mode.
func (i item) perm(mode fs.FileMode) item {
	i.Mode = mode
	return i
}

// target is a directory that a Tree fills, and what became of the entries.
type target struct {
	t       testing.TB
	dir     string
	root    *os.Root
	tree    *Tree
	opened  int
	decide  func(Entry, Local) Action // of what is here already; nil refuses
	refused map[string]string
	done    map[string]Action
}

func newTarget(t testing.TB, tree filetree.Tree) *target {
	t.Helper()
	dir := filepath.Join(filetree.TempDir(t), "target")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, dir, tree)
	d := &target{t: t, dir: dir, refused: map[string]string{}, done: map[string]Action{}}
	d.reopen()
	t.Cleanup(func() { _ = d.root.Close() })
	return d
}

// reopen begins a new Tree for the same directory, as another process would.
func (d *target) reopen() {
	d.t.Helper()
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	if d.root != nil {
		_ = d.root.Close()
	}
	d.root = root
	look := func() (*os.Root, error) { return root, nil }
	open := func() (*os.Root, error) {
		d.opened++
		return root, nil
	}
	d.tree = NewTree(TreeOptions{Open: open, OpenExisting: look, Layout: NewLayout("", Mount{Path: "/results"})})
}

// fill makes items as a caller of the Tree does, and finishes it. Nothing but
// refusals may go wrong.
func (d *target) fill(items ...item) {
	d.t.Helper()
	w := d.tree.Worker()
	defer w.Close()
	for _, i := range items {
		if err := d.put(w, i); err != nil {
			d.t.Fatalf("%q: %v", i.Path, err)
		}
	}
	if err := d.tree.Finish(); err != nil {
		d.t.Fatal(err)
	}
}

func (d *target) put(w *Worker, i item) error {
	entry := i.Entry
	outcome, err := d.make(w, &entry, i.data)
	var no *Refused
	var outside *OutsideError
	switch {
	case errors.As(err, &no):
		d.refused[entry.Path] = no.Reason
		return nil
	case errors.As(err, &outside):
		d.refused[entry.Path] = outside.Error()
		return nil
	case err != nil:
		return err
	}
	d.done[entry.Path] = outcome.Action
	return nil
}

func (d *target) make(w *Worker, entry *Entry, data string) (Outcome, error) {
	if err := d.tree.Validate(entry); err != nil {
		return Outcome{}, err
	}
	if entry.Type == Directory {
		return d.tree.Directory(*entry)
	}
	local, err := w.Inspect(*entry)
	if err != nil {
		return Outcome{}, err
	}
	if local.Info != nil {
		switch {
		case d.decide == nil || d.decide(*entry, local) == Refuse:
			return Outcome{}, refuse("something of that name is here")
		case d.decide(*entry, local) == Keep:
			info, err := d.tree.AcceptExisting(*entry, local.Info, false)
			return Outcome{Verdict{Action: Keep}, info}, err
		}
	}
	switch entry.Type {
	case Symlink:
		return d.tree.Symlink(*entry)
	case HardLink:
		return d.tree.HardLink(*entry)
	default:
		return put(w, *entry, data)
	}
}

// put writes a file in pieces.
func put(w *Worker, entry Entry, data string) (Outcome, error) {
	p, err := w.StartPartial(entry, 0)
	if err != nil {
		return Outcome{}, err
	}
	defer p.Discard()
	for len(data) > 0 {
		n := min(len(data), 100_000)
		if _, err := p.Write([]byte(data[:n])); err != nil {
			return Outcome{}, err
		}
		data = data[n:]
	}
	return p.Commit(entry)
}

func (d *target) read() filetree.Tree { return filetree.Read(d.t, d.dir) }

// check compares the directory with want.
func (d *target) check(want filetree.Tree) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.read()); diff != "" {
		d.t.Error("-want +got:\n", diff)
	}
}

// checkRefused compares what was refused since the target was made.
func (d *target) checkRefused(want map[string]string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.refused, cmpopts.EquateEmpty()); diff != "" {
		d.t.Error("refused: -want +got:\n", diff)
	}
}

func always(action Action) func(Entry, Local) Action {
	return func(Entry, Local) Action { return action }
}
