package archive

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// item is one tar entry; Name, Typeflag and Linkname are written as they are.
type item struct {
	tar.Header
	data string
}

func file(name, data string) item {
	return item{tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(data)), ModTime: filetree.Epoch()}, data}
}

func dir(name string) item {
	return item{tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755, ModTime: filetree.Epoch()}, ""}
}

func link(flag byte, name, target string) item {
	return item{tar.Header{Name: name, Typeflag: flag, Linkname: target, Mode: 0o777, ModTime: filetree.Epoch()}, ""}
}

func symlink(name, target string) item { return link(tar.TypeSymlink, name, target) }

func hardLink(name, target string) item { return link(tar.TypeLink, name, target) }

// tarOf is a tar stream as GNU tar would make it.
func tarOf(t *testing.T, items ...item) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, one := range items {
		hdr := one.Header
		if err := w.WriteHeader(&hdr); err != nil {
			t.Fatalf("%q: %v", hdr.Name, err)
		}
		if _, err := io.WriteString(w, one.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// target is a directory to unpack into, and what became of the entries.
type target struct {
	t       *testing.T
	dir     string
	root    *os.Root
	opened  int
	refused map[string]string
	done    map[string]Action
}

func newTarget(t *testing.T, tree filetree.Tree) *target {
	t.Helper()
	dir := filepath.Join(filetree.TempDir(t), "target")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, dir, tree)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return &target{t: t, dir: dir, root: root, refused: map[string]string{}, done: map[string]Action{}}
}

func (d *target) extraction() Extraction {
	return Extraction{
		Open: func() (*os.Root, error) {
			d.opened++
			return d.root, nil
		},
		Mount: "/results",
		Visit: func(e Entry, o Outcome) {
			if o.Action == Refuse {
				d.refused[e.Path] = o.Reason
				return
			}
			d.done[e.Path] = o.Action
		},
	}
}

// unpack runs an Extraction of items, which must not end in an error.
func (d *target) unpack(items ...item) {
	d.t.Helper()
	if err := d.extraction().Run(d.t.Context(), bytes.NewReader(tarOf(d.t, items...))); err != nil {
		d.t.Fatal(err)
	}
}

func (d *target) tree() filetree.Tree { return filetree.Read(d.t, d.dir) }
