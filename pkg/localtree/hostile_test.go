package localtree

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// TestHostile makes each list of entries, followed by a harmless file, beside a
// file that must not change. The harmless file shows that the rest goes on.
func TestHostile(t *testing.T) {
	const (
		dots     = `path contains ".."`
		root     = "path is the root directory"
		reserved = "name is reserved for partial files"
		behind   = `"s" is a symlink locally, but a directory is needed`
	)
	long := strings.Repeat("n", 300)
	deep := strings.Repeat("d/", 2100) + "f"
	tests := map[string]struct {
		items   []item
		local   filetree.Tree
		want    filetree.Tree // beside the harmless file and what is local
		refused map[string]string
	}{
		"absolute name": {
			items:   []item{file("/etc/x", "x")},
			refused: map[string]string{"/etc/x": `path is absolute`},
		},
		"no name, and one with a NUL": {
			items:   []item{file("", "x"), dir("a\x00b")},
			refused: map[string]string{"": "empty name", "a\x00b": "name contains a NUL character"},
		},
		"dots": {
			items:   []item{file("../out", "x"), file("a/../../out", "x"), file("a/..", "x"), symlink("a/../b", "x"), dir(".."), hardLink("../l", "victim")},
			refused: map[string]string{"../out": dots, "a/../../out": dots, "a/..": dots, "a/../b": dots, "..": dots, "../l": dots},
		},
		"names of the tree itself": {
			items:   []item{file(".", "x"), symlink("./", "out"), dir("././")},
			refused: map[string]string{".": root, "./": root, "././": root},
		},
		"special files": {
			items:   []item{specialFile("null", "a device"), specialFile("new", "")},
			refused: map[string]string{"null": "is a device", "new": "is not a file, directory or link"},
		},
		"an impossible size": {
			items:   []item{{Entry{Path: "f", Type: File, Size: -1}, ""}},
			refused: map[string]string{"f": "invalid size -1"},
		},
		"symlinks that lead out": {
			items: []item{
				dir("d"), symlink("up", ".."), symlink("d/up", "../.."), symlink("abs", "/etc/passwd"), symlink("near", "/results-2/x"),
				symlink("s", "."), symlink("t", "s/../../x"), symlink("back", "/results/../x"), symlink("none", ""), symlink("d/e", "./../../x"),
				symlink("in", "s/../x"),
			},
			want: filetree.Tree{"d": filetree.Dir(), "s": filetree.Symlink("."), "in": filetree.Symlink("x")},
			refused: map[string]string{
				"up":   `symlink to "..", which is not on this claim`,
				"d/up": `symlink to "../..", which is not on this claim`,
				"abs":  `symlink to "/etc/passwd", which is not on this claim`,
				"near": `symlink to "/results-2/x", which is not on this claim`,
				"t":    `symlink to "s/../../x", which is not on this claim`,
				"back": `symlink to "/results/../x", which is not on this claim`,
				"d/e":  `symlink to "./../../x", which is not on this claim`,
				"none": `symlink without a target`,
			},
		},
		"writing through a symlink of the tree": {
			items:   []item{dir("sub"), symlink("s", "sub"), file("s/file", "x"), dir("s"), dir("s/dir"), file("s/dir/file", "x"), symlink("s/l", "x"), hardLink("s/h", "victim")},
			want:    filetree.Tree{"sub": filetree.Dir(), "s": filetree.Symlink("sub")},
			refused: map[string]string{"s/file": behind, "s": behind, "s/dir": behind, "s/dir/file": behind, "s/l": behind, "s/h": behind},
		},
		"writing through a local symlink": {
			local:   filetree.Tree{"real": filetree.Dir(), "s": filetree.Symlink("real")},
			items:   []item{file("s/file", "x"), dir("s/dir"), dir("s/a/b")},
			refused: map[string]string{"s/file": behind, "s/dir": behind, "s/a/b": behind},
		},
		"a local symlink that leads out": {
			local:   filetree.Tree{"s": filetree.Symlink("..")},
			items:   []item{file("s/out", "x"), dir("s/out")},
			refused: map[string]string{"s/out": behind},
		},
		"a local symlink in place of a file": {
			local:   filetree.Tree{"f": filetree.Symlink("victim")},
			items:   []item{file("f", "x")},
			refused: map[string]string{"f": "something of that name is here"},
		},
		"file and directory": {
			local: filetree.Tree{"d": filetree.Dir(), "d/x": filetree.File("x"), "f": filetree.File("f")},
			items: []item{file("d", "x"), dir("f"), file("f/x", "x"), symlink("./d/", "x")},
			refused: map[string]string{
				"d": "a directory already exists at this local path", "f": `"f" is a file locally, but a directory is needed`,
				"f/x": `"f" is a file locally, but a directory is needed`,
			},
		},
		"hard links": {
			local: filetree.Tree{"s": filetree.Symlink("real"), "real": filetree.Dir(), "real/f": filetree.File("f")},
			items: []item{
				hardLink("a", "none"), hardLink("b", "/etc/passwd"), hardLink("c", "../x"), hardLink("d", "s/f"),
				hardLink("e", "s"), hardLink("g", "real"), hardLink("self", "self"), hardLink("h", ""),
			},
			refused: map[string]string{
				"a":    `hard link to "none", which does not exist locally`,
				"b":    `hard link to "/etc/passwd", which could not be copied: path is absolute`,
				"c":    `hard link to "../x", which could not be copied: path contains ".."`,
				"d":    behind,
				"e":    `hard link to "s", which is a symlink locally`,
				"g":    `hard link to "real", which is a directory locally`,
				"self": `hard link to "self", which does not exist locally`,
				"h":    `hard link to "", which could not be copied: empty name`,
			},
		},
		"twice": {
			items:   []item{file("twice", "first"), file("twice", "second"), symlink("./twice", "third"), dir("twice/")},
			want:    filetree.Tree{"twice": filetree.File("first")},
			refused: map[string]string{"twice": `"twice" is a file locally, but a directory is needed`},
		},
		"partial names": {
			items: []item{
				file(".kubectl-batch-0123456789abcdef.part", "x"), file(".KUBECTL-BATCH-0123456789abcdef.part", "x"),
				dir("d/.kubectl-batch-0123456789abcdef.part"), file(".kubectl-batch-0123456789abcdef.part/f", "x"),
			},
			refused: map[string]string{
				".kubectl-batch-0123456789abcdef.part": reserved, ".KUBECTL-BATCH-0123456789abcdef.part": reserved,
				"d/.kubectl-batch-0123456789abcdef.part": reserved, ".kubectl-batch-0123456789abcdef.part/f": reserved,
			},
		},
		"too long a name": {
			items: []item{file(long, "x"), dir(long + "d"), symlink(long+"s", "x"), file(long+"p/f", "x"), file(deep, "x")},
			refused: map[string]string{
				long: "long", long + "d": "long", long + "s": "long", long + "p/f": "long",
				deep: "path exceeds the limit of 4095 bytes",
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("modes and messages are those of Unix")
			}
			local := filetree.Tree{"victim": filetree.File("untouched")}
			maps.Copy(local, test.local)
			d := newTarget(t, local)
			d.fill(append(test.items, file("harmless", "h"))...)
			want := filetree.Tree{"harmless": filetree.File("h")}
			maps.Copy(want, local)
			maps.Copy(want, test.want)
			d.check(want)
			for p, reason := range test.refused { // "long" stands for what the system calls it
				if reason == "long" && strings.HasSuffix(d.refused[p], "file name too long") {
					test.refused[p] = d.refused[p]
				}
			}
			d.checkRefused(test.refused)
			if _, err := os.Lstat(filepath.Join(filepath.Dir(d.dir), "out")); err == nil {
				t.Error("something was written outside")
			}
		})
	}
}

// TestKeptLinksAreNotFollowed makes a symlink that leads out as it is, as --links=keep does: nothing is written, read or
// changed through it, neither by this Tree nor by a later one.
func TestKeptLinksAreNotFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths of this machine are no targets there")
	}
	d := newTarget(t, filetree.Tree{"f": filetree.File("f")})
	outside := filepath.Join(filepath.Dir(d.dir), "outside")
	if err := os.Mkdir(outside, 0o700); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, outside, filetree.Tree{"f": filetree.File("untouched"), "d": filetree.Dir()})
	untouched := filetree.Read(t, outside)
	link := symlink("x", outside).Entry
	if _, err := d.tree.Symlink(link); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		d.decide = always(Write)
		d.fill(file("x/f", "x"), file("x/new", "x"), dir("x"), dir("x/d").perm(0o777), dir("x/new"), symlink("x/l", "f"), hardLink("x/h", "f"), hardLink("h", "x/f"), file("x/d/f", "x"))
		behind := `"x" is a symlink locally, but a directory is needed`
		d.checkRefused(map[string]string{
			"x/f": behind, "x/new": behind, "x": behind, "x/d": behind, "x/l": behind, "x/h": behind, "h": behind, "x/d/f": behind,
		})
		if file, err := d.tree.OpenFile("x/f"); err == nil {
			_ = file.Close()
			t.Error("it was read through")
		}
		d.check(filetree.Tree{"f": filetree.File("f"), "x": filetree.Symlink(outside)})
		if diff := cmp.Diff(untouched, filetree.Read(t, outside)); diff != "" {
			t.Error("-want +got:\n", diff)
		}
		d.reopen()
	}
}

// TestUnjudged hands every method names that Judge would have refused.
func TestUnjudged(t *testing.T) {
	outside := filetree.Tree{"target": filetree.Dir(), "target/f": filetree.File("f"), "victim": filetree.File("untouched")}
	above := filetree.TempDir(t)
	filetree.Write(t, above, outside)
	root, err := os.OpenRoot(filepath.Join(above, "target"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	open := func() (*os.Root, error) { return root, nil }
	tree := NewTree(TreeOptions{Open: open, OpenExisting: open})
	w := tree.Worker()
	defer w.Close()
	info, err := root.Stat("f")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"", ".", "..", "../victim", "../new", "f/../../new", "/" + above + "/new", "./f", "a//b"} {
		_, looked := tree.Inspect(file(p, "").Entry)
		_, opened := tree.OpenFile(p)
		_, dirErr := tree.Directory(dir(p).perm(0).Entry)
		_, linked := tree.Symlink(symlink(p, "x").Entry)
		_, hard := tree.HardLink(hardLink(p, "f").Entry)
		_, linkErr := tree.HardLink(hardLink("new", p).Entry)
		_, begun := w.StartPartial(file(p, "").Entry, 0)
		_, keepErr := tree.AcceptExisting(file(p, "").perm(0).Entry, info, true)
		for n, err := range []error{looked, opened, dirErr, linked, hard, linkErr, begun, keepErr} {
			if err == nil {
				t.Errorf("%q: call %d succeeded", p, n)
			}
		}
	}
	if err := tree.Finish(); err != nil {
		t.Error(err)
	}
	got := filetree.Read(t, above)
	if diff := cmp.Diff(normalize(got, outside, "target"), got); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

// TestSymlinkOverDirectory and its kin change the tree under the hands of a Tree
// that has looked already, as an entry does that another goroutine makes.
func TestSymlinkOverDirectory(t *testing.T) {
	filetree.NeedSymlinks(t)
	d := newTarget(t, filetree.Tree{"real": filetree.Dir()})
	if _, err := d.tree.Directory(dir("d").Entry); err != nil {
		t.Fatal(err)
	}
	for _, call := range []func() error{
		func() error { _, err := d.tree.Symlink(symlink("d", "real").Entry); return err },
		func() error { _, err := put(d.tree.Worker(), file("d", "x").Entry, "x"); return err },
	} {
		if got := fmt.Sprint(call()); got != "a directory already exists at this local path" {
			t.Error(got)
		}
	}
	if err := d.tree.Finish(); err != nil {
		t.Fatal(err)
	}
	d.check(normalize(d.read(), filetree.Tree{"real": filetree.Dir(), "d": filetree.Dir()}, "d"))
}

// TestDirectoryBecomesSymlink has the user replace a directory that was entered.
func TestDirectoryBecomesSymlink(t *testing.T) {
	filetree.NeedSymlinks(t)
	d := newTarget(t, filetree.Tree{"real": filetree.Dir().Perm("0700")})
	if _, err := d.tree.Directory(dir("d").perm(0o777).Entry); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(d.dir, "d")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", name); err != nil {
		t.Fatal(err)
	}
	w := d.tree.Worker()
	defer w.Close()
	if err := d.put(w, file("d/f", "x")); err != nil {
		t.Fatal(err)
	}
	if err := d.tree.Finish(); err == nil || err.Error() != `the local directory "d" was replaced by a symlink while files were written to it` {
		t.Error(err)
	}
	d.checkRefused(map[string]string{"d/f": `"d" is a symlink locally, but a directory is needed`})
	d.check(filetree.Tree{"real": filetree.Dir().Perm("0700"), "d": filetree.Symlink("real")})
}
