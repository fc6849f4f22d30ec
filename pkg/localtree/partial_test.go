package localtree

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// begun is a Partial of name, of which data is written.
func begun(t *testing.T, w *Worker, i item, data string) *Partial {
	t.Helper()
	p, err := w.StartPartial(i.Entry, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(p, data); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestPartialEnds: until Commit there is no file of the name, whatever happens.
func TestPartialEnds(t *testing.T) {
	whole := file("d/f", "whole")
	part := partialPath("d/f")
	for name, test := range map[string]struct {
		end  func(*Partial) error
		want map[string]string
		err  string
	}{
		"not at all": {func(*Partial) error { return nil }, map[string]string{part: "who"}, ""},
		"discard":    {func(p *Partial) error { p.Discard(); return nil }, map[string]string{}, ""},
		"leave":      {func(p *Partial) error { p.Suspend(); p.Discard(); return nil }, map[string]string{part: "who"}, ""},
		"too early":  {func(p *Partial) error { _, err := p.Commit(whole.Entry); return err }, map[string]string{}, "3 of 5"},
		"commit": {func(p *Partial) error {
			_, err := io.WriteString(p, "le")
			_, committed := p.Commit(whole.Entry)
			p.Discard()
			return errors.Join(err, committed)
		}, map[string]string{"d/f": "whole"}, ""},
		"commit after leave": {func(p *Partial) error {
			p.Suspend()
			_, err := p.Commit(file("d/f", "who").Entry)
			return err
		}, map[string]string{part: "who"}, "already closed"},
	} {
		d := newTarget(t, nil)
		w := d.tree.Worker()
		p := begun(t, w, whole, "who")
		w.Close() // a Partial outlives its Worker
		err := test.end(p)
		if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
			t.Errorf("%s: %v", name, err)
		}
		got := map[string]string{}
		for p, node := range d.read() {
			if node.Kind == "file" {
				got[p] = node.Data
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		p.Discard()
	}
}

// TestResume goes on with what a killed process left, from every kind of place.
func TestResume(t *testing.T) {
	hole := strings.Repeat("\x00", 3*blockSize)
	content := strings.Repeat("a", blockSize+7) + hole + strings.Repeat("b", 100) + hole
	for _, length := range []int{1, blockSize, blockSize + 8, 3 * blockSize, len(content) - 1, len(content)} {
		for _, offset := range []int{length, length - 1, length / 2} {
			d := newTarget(t, nil)
			w := d.tree.Worker()
			begun(t, w, file("d/f", content), content[:length]).Suspend()
			w.Close()
			d.reopen()
			w = d.tree.Worker()
			size, ok := w.Partial("d/f")
			if !ok || size != int64(length) {
				t.Fatalf("left %d, found %d, %v", length, size, ok)
			}
			checkPart(t, w, content[:length])
			resumed(t, w, file("d/f", content), offset)
			w.Close()
			if got := d.read()["d/f"]; got != filetree.File(filetree.Short(content)) {
				t.Errorf("left %d, resumed at %d: %v", length, offset, got)
			}
			if len(d.read()) != 2 {
				t.Error("left behind:", d.read())
			}
		}
	}
}

// TestResumeShorter goes on with a part that is longer than the file is now.
func TestResumeShorter(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	begun(t, w, file("f", ""), strings.Repeat("old", 3*blockSize)).Suspend()
	p, err := w.StartPartial(file("f", "").Entry, 3)
	if err != nil {
		t.Fatal(err)
	}
	_ = p.Skip(2 * blockSize)
	want := "old" + strings.Repeat("\x00", 2*blockSize) + "end"
	if _, err := io.WriteString(p, "end"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(file("f", want).Entry); err != nil {
		t.Fatal(err)
	}
	d.check(filetree.Tree{"f": filetree.File(filetree.Short(want))})
}

func checkPart(t *testing.T, w *Worker, want string) {
	t.Helper()
	file, err := w.OpenPartial("d/f")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if got, err := io.ReadAll(file); err != nil || string(got) != want {
		t.Errorf("read %d bytes of %d, %v", len(got), len(want), err)
	}
}

func resumed(t *testing.T, w *Worker, i item, offset int) {
	t.Helper()
	p, err := w.StartPartial(i.Entry, int64(offset))
	if err != nil {
		if offset > 0 {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(p, i.data[offset:]); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Commit(i.Entry); err != nil {
		t.Fatal(err)
	}
}

// TestNoPartial: what lies in the partial's place is taken only if it is a
// regular file of this user with one name. It is never followed, never changed.
func TestNoPartial(t *testing.T) {
	part := partialPath("f")
	for name, tree := range map[string]filetree.Tree{
		"nothing":     {},
		"shorter":     {part: filetree.File("abc")},
		"a symlink":   {part: filetree.Symlink("victim")},
		"a hard link": {part: filetree.Link("victim")},
		"a directory": {part: filetree.Dir()},
	} {
		tree["victim"] = filetree.File("untouched")
		d := newTarget(t, tree)
		untouched := d.read()
		w := d.tree.Worker()
		if size, ok := w.Partial("f"); ok && name != "shorter" {
			t.Errorf("%s: found %d bytes", name, size)
		}
		if _, err := w.OpenPartial("f"); name != "shorter" && !errors.Is(err, ErrNoPartial) {
			t.Errorf("%s: opened, %v", name, err)
		}
		if _, err := w.StartPartial(file("f", "whole").Entry, 4); !errors.Is(err, ErrNoPartial) {
			t.Errorf("%s: begun, %v", name, err)
		}
		d.check(untouched)
		d.fill(file("f", "whole"))
		d.check(filetree.Tree{"victim": filetree.File("untouched"), "f": filetree.File("whole")})
		w.Close()
	}
}

func TestAnothersPartial(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make what belongs to another")
	}
	d := newTarget(t, filetree.Tree{partialPath("f"): filetree.File("half")})
	if err := os.Lchown(filepath.Join(d.dir, partialPath("f")), 1234, 1234); err != nil {
		t.Fatal(err)
	}
	w := d.tree.Worker()
	defer w.Close()
	if _, err := w.StartPartial(file("f", "whole").Entry, 2); !errors.Is(err, ErrNoPartial) {
		t.Error(err)
	}
}

// TestPartialNotRemovable has the user's own directory in the place of one.
func TestPartialNotRemovable(t *testing.T) {
	part := partialPath("f")
	d := newTarget(t, filetree.Tree{part: filetree.Dir(), part + "/own": filetree.File("own")})
	d.fill(file("f", "f"), file("g", "g"))
	d.check(filetree.Tree{part: filetree.Dir(), part + "/own": filetree.File("own"), "g": filetree.File("g")})
	if !strings.Contains(d.refused["f"], "cannot delete") {
		t.Error(d.refused)
	}
}

func TestPartialOfAKilledProcess(t *testing.T) {
	d := newTarget(t, filetree.Tree{
		"victim":         filetree.File("untouched"),
		partialPath("f"): filetree.Symlink("victim"),
		partialPath("s"): filetree.File("half"),
		partialPath("l"): filetree.File("half"),
	})
	d.fill(file("f", "f"), symlink("s", "f"), hardLink("l", "f"))
	d.check(filetree.Tree{
		"victim": filetree.File("untouched"), "f": filetree.File("f"), "s": filetree.Symlink("f"), "l": filetree.Link("f"),
	})
}

// TestTwoProcesses has another one take over the partial in mid-file.
func TestTwoProcesses(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	name := filepath.Join(d.dir, partialPath("f"))
	for name, replace := range map[string]func() error{
		"removed":  func() error { return os.Remove(name) },
		"replaced": func() error { return errors.Join(os.Remove(name), os.WriteFile(name, []byte("half"), 0o600)) },
	} {
		p := begun(t, w, file("f", "whole"), "whole")
		if err := replace(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Commit(file("f", "whole").Entry); err == nil || !strings.Contains(err.Error(), "another program deleted the partial file") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(d.dir, "f")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: half a file has got the name", name)
		}
	}
}

// TestSameNameTwice begins a name that is being made.
func TestSameNameTwice(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	p := begun(t, w, file("f", "whole"), "whole")
	d.fill(file("f", "other"), symlink("f", "x"))
	d.checkRefused(map[string]string{"f": "listed twice"})
	if _, err := p.Commit(file("f", "whole").Entry); err != nil {
		t.Error(err)
	}
	d.check(filetree.Tree{"f": filetree.File("whole")})
}

// TestImpossibleHoles: a source may claim holes of any length.
func TestImpossibleHoles(t *testing.T) {
	for _, holes := range [][]int64{{math.MaxInt64}, {math.MaxInt64, math.MaxInt64}, {math.MaxInt64, 3}, {-5}, {math.MinInt64}} {
		d := newTarget(t, nil)
		w := d.tree.Worker()
		p := begun(t, w, file("f", ""), "abc")
		entry := file("f", "abc").Entry
		for _, hole := range holes {
			_ = p.Skip(hole)
			entry.Size += hole
		}
		_, written := io.WriteString(p, "def")
		_, err := p.Commit(entry)
		if err == nil {
			t.Errorf("%v: written %v, committed", holes, written)
		}
		d.check(filetree.Tree{})
		w.Close()
	}
}

// TestHolesSurvive writes pieces and holes that fit no block.
func TestHolesSurvive(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	var want strings.Builder
	p := begun(t, w, file("f", ""), "")
	for _, n := range []int{1, 5000, 4096, 8191, 3} {
		data := strings.Repeat("x", n) + strings.Repeat("\x00", 2*n) + "y"
		if _, err := io.WriteString(p, data); err != nil {
			t.Fatal(err)
		}
		_ = p.Skip(int64(3 * n))
		want.WriteString(data + strings.Repeat("\x00", 3*n))
	}
	entry := file("f", want.String()).Entry
	if _, err := p.Commit(entry); err != nil {
		t.Fatal(err)
	}
	d.check(filetree.Tree{"f": filetree.File(filetree.Short(want.String()))})
}

func TestFileSystemWithoutHardLinks(t *testing.T) {
	filetree.NeedSymlinks(t)
	d := newTarget(t, nil)
	d.tree.link = func(_, _, _ *folder, _, _ string) error { return errors.ErrUnsupported }
	d.fill(small()...)
	want := smallTree()
	want["d/g"] = want["d/f"]
	d.check(normalize(d.read(), want, "deep", "deep/er"))
}

// TestHoleLongerThanAFile: what no file can hold is refused before anything is done with it.
func TestHoleLongerThanAFile(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	for _, hole := range []int64{1 << 62, math.MaxInt64 - 2, -1} {
		p := begun(t, w, file("f", ""), "abc")
		var no *Refused
		if err := p.Skip(hole); !errors.As(err, &no) {
			t.Errorf("%d: %v", hole, err)
		}
		p.Discard()
	}
}

// TestDirectoryRemovedMeanwhile has another program remove what is written to.
func TestDirectoryRemovedMeanwhile(t *testing.T) {
	for name, act := range map[string]func(d *target, w *Worker, p *Partial) error{
		"commit": func(_ *target, _ *Worker, p *Partial) error {
			_, err := p.Commit(file("d/f", "whole").Entry)
			return err
		},
		"begin": func(_ *target, w *Worker, _ *Partial) error {
			_, err := w.StartPartial(file("d/g", "whole").Entry, 0)
			return err
		},
		"directory": func(d *target, _ *Worker, _ *Partial) error {
			_, err := d.tree.Directory(dir("d/new").Entry)
			return err
		},
		"symlink": func(d *target, _ *Worker, _ *Partial) error {
			_, err := d.tree.Symlink(symlink("d/s", "x").Entry)
			return err
		},
	} {
		for description, whole := range map[string]bool{"the whole": true, "a part": false} {
			t.Run(name+", "+description, func(t *testing.T) {
				d := newTarget(t, nil)
				w := d.tree.Worker()
				defer w.Close()
				p := begun(t, w, file("d/f", "whole"), "whole")
				defer p.Discard()
				dir := filepath.Join(d.dir, "d")
				if whole {
					dir = d.dir
				}
				if err := os.RemoveAll(dir); err != nil {
					t.Fatal(err)
				}
				err := act(d, w, p)
				var no *Refused
				var removed *RemovedError
				switch {
				case whole && (!errors.As(err, &removed) || removed.Dir != d.root.Name()):
					t.Error(err)
				case !whole && (!errors.As(err, &no) || !strings.Contains(no.Reason, "was deleted during the transfer")):
					t.Error(err)
				}
			})
		}
	}
}

// TestDirectoryReplacedBySymlink swaps a directory that is being filled.
func TestDirectoryReplacedBySymlink(t *testing.T) {
	d := newTarget(t, nil)
	if _, err := d.tree.Directory(dir("a/b").perm(0o700).Entry); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(d.dir, "a/b")
	if err := errors.Join(os.Remove(dir), os.Symlink("/tmp", dir)); err != nil {
		t.Fatal(err)
	}
	err := d.tree.Finish()
	if err == nil || err.Error() != `the local directory "a/b" was replaced by a symlink while files were written to it` {
		t.Error(err)
	}
}
