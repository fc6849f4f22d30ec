package localtree

import (
	"errors"
	"fmt"
	"os"
	"path"
	"runtime"
	"sync"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

// TestConcurrency fills a tree from several goroutines at a time, which share
// directories and wait for nobody's.
func TestConcurrency(t *testing.T) {
	const hands, filesPerHand = 8, 60
	filetree.NeedSymlinks(t)
	d := newTarget(t, filetree.Tree{"0": filetree.Dir().Perm("0500")})
	want := filetree.Tree{}
	for n := range hands * filesPerHand {
		p := nameOf(n)
		want[p] = filetree.File(p)
		want[p+".s"] = filetree.Symlink(path.Base(p))
		for above := path.Dir(p); above != "."; above = path.Dir(above) {
			want[above] = filetree.Dir().Perm("0555")
		}
	}
	want["0"] = filetree.Dir().Perm("0500")
	var wait sync.WaitGroup
	for hand := range hands {
		wait.Go(func() {
			w := d.tree.Worker()
			defer w.Close()
			for n := range filesPerHand {
				if err := makeAll(d.tree, w, nameOf(hand+n*hands)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if err := d.tree.Finish(); err != nil {
		t.Fatal(err)
	}
	d.check(want)
}

// nameOf spreads files over directories of several levels.
func nameOf(n int) string { return fmt.Sprintf("%d/%d/%d/f%d", n%3, n/3%2, n/6%2, n) }

func makeAll(tree *Tree, w *Worker, p string) error {
	for above := path.Dir(p); above != "."; above = path.Dir(above) {
		if _, err := tree.Directory(dir(above).perm(0o555).Entry); err != nil {
			return err
		}
	}
	if _, err := w.Inspect(file(p, p).Entry); err != nil {
		return err
	}
	if _, err := put(w, file(p, p).Entry, p); err != nil {
		return err
	}
	_, err := tree.Symlink(symlink(p+".s", path.Base(p)).Entry)
	return err
}

// TestOneNameOfMany has goroutines make the same name in every way.
func TestOneNameOfMany(t *testing.T) {
	d := newTarget(t, filetree.Tree{"first": filetree.File("first")})
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			w := d.tree.Worker()
			defer w.Close()
			for range 50 {
				var err error
				switch n % 4 {
				case 0:
					_, err = d.tree.Directory(dir("x").Entry)
				case 1:
					_, err = d.tree.Symlink(symlink("x", "first").Entry)
				case 2:
					_, err = d.tree.HardLink(hardLink("x", "first").Entry)
				case 3:
					_, err = put(w, file("x", "x").Entry, "x")
				}
				var no *Refused
				if err != nil && !errors.As(err, &no) {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if err := d.tree.Finish(); err != nil {
		t.Error(err)
	}
	got := d.read()
	if len(got) != 2 {
		t.Error(got)
	}
}

// TestMemory: of files nothing is retained, and of directories little.
func TestMemory(t *testing.T) {
	slowtest.Skip(t)
	const files, dirs = 1000, 1000
	d := newTarget(t, nil)
	d.tree.probe = func(*os.Root) (folds, error) { return folds{}, nil } // else names are
	w := d.tree.Worker()
	defer w.Close()
	if _, err := d.tree.Directory(dir("d").Entry); err != nil {
		t.Fatal(err)
	}
	perFile := heapOf(func() {
		for n := range files {
			if _, err := put(w, file(fmt.Sprintf("d/file-with-a-long-name-%d", n), "x").Entry, "x"); err != nil {
				t.Fatal(err)
			}
		}
	}) / files
	perDir := heapOf(func() {
		for n := range dirs {
			if _, err := d.tree.Directory(dir(fmt.Sprintf("d/dir-with-a-long-name-%d", n)).Entry); err != nil {
				t.Fatal(err)
			}
		}
	}) / dirs
	t.Logf("%d bytes a file, %d a directory", perFile, perDir)
	if perFile > 16 || perDir > 200 {
		t.Errorf("%d bytes a file, %d a directory", perFile, perDir)
	}
	runtime.KeepAlive(d.tree)
}

// heapOf is by how many bytes what makes the heap grow.
func heapOf(f func()) int64 {
	start := heap()
	f()
	return heap() - start
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}
