package archive

import (
	"archive/tar"
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// TestHostile unpacks each archive, followed by a harmless file, beside a file
// that must not change. The harmless file shows that the rest goes on.
func TestHostile(t *testing.T) {
	tests := map[string]struct {
		items   []item
		local   filetree.Tree
		want    filetree.Tree // beside the harmless file and what is local
		refused map[string]string
	}{
		"absolute name": {
			items:   []item{file("/etc/x", "x")},
			refused: map[string]string{"/etc/x": `its name is absolute`},
		},
		"dots": {
			items: []item{file("../out", "x"), file("a/../../out", "x"), file("a/..", "x"), file("a/../b", "x"), dir("..")},
			refused: map[string]string{
				"../out": `its name holds ".."`, "a/../../out": `its name holds ".."`, "a/..": `its name holds ".."`,
				"a/../b": `its name holds ".."`, "..": `its name holds ".."`,
			},
		},
		"names of the tree itself": {
			items:   []item{file(".", "x"), symlink("./", "out"), dir("./"), dir(".")},
			refused: map[string]string{".": "its name is that of the whole tree", "./": "its name is that of the whole tree"},
		},
		"special files": {
			items: []item{link(tar.TypeChar, "null", ""), link(tar.TypeBlock, "sda", ""), link(tar.TypeFifo, "pipe", ""), link('Z', "new", "")},
			refused: map[string]string{
				"null": "it is a device", "sda": "it is a device", "pipe": "it is a named pipe", "new": "it is of the unknown tar type Z",
			},
		},
		"symlinks that lead out": {
			items: []item{
				dir("d"), symlink("up", ".."), symlink("d/up", "../.."), symlink("abs", "/etc/passwd"), symlink("near", "/results-2/x"),
				symlink("s", "."), symlink("t", "s/../../x"), symlink("back", "/results/../x"), symlink("none", ""), symlink("d/e", "./../../x"),
			},
			want: filetree.Tree{"d": filetree.Dir(), "s": filetree.Symlink(".")},
			refused: map[string]string{
				"up":   `it is a symlink to "..", which leads or may lead out of the tree`,
				"d/up": `it is a symlink to "../..", which leads or may lead out of the tree`,
				"abs":  `it is a symlink to "/etc/passwd", outside of the tree`,
				"near": `it is a symlink to "/results-2/x", outside of the tree`,
				"t":    `it is a symlink to "s/../../x", which leads or may lead out of the tree`,
				"back": `it is a symlink to "/results/../x", which leads or may lead out of the tree`,
				"d/e":  `it is a symlink to "./../../x", which leads or may lead out of the tree`,
				"none": `it is a symlink without a target`,
			},
		},
		"writing through a symlink of the stream": {
			items: []item{dir("sub"), symlink("s", "sub"), file("s/file", "x"), dir("s"), dir("s/dir"), file("s/dir/file", "x")},
			want:  filetree.Tree{"sub": filetree.Dir(), "s": filetree.Symlink("sub")},
			refused: map[string]string{
				"s/file": `"s" is a symlink here, where a directory is needed`, "s": `the stream names it twice`,
				"s/dir": `"s" is a symlink here, where a directory is needed`, "s/dir/file": `"s" is a symlink here, where a directory is needed`,
			},
		},
		"writing through a local symlink": {
			local:   filetree.Tree{"real": filetree.Dir(), "s": filetree.Symlink("real")},
			items:   []item{file("s/file", "x"), dir("s/dir")},
			refused: map[string]string{"s/file": `"s" is a symlink here, where a directory is needed`, "s/dir": `"s" is a symlink here, where a directory is needed`},
		},
		"a local symlink in place of a file": {
			local:   filetree.Tree{"f": filetree.Symlink("victim")},
			items:   []item{file("f", "x")},
			refused: map[string]string{"f": "something of that name is here"},
		},
		"file and directory": {
			local:   filetree.Tree{"d": filetree.Dir(), "d/x": filetree.File("x"), "f": filetree.File("f")},
			items:   []item{file("d", "x"), dir("f"), file("f/x", "x"), symlink("d", "x"), hardLink("d", "f")},
			refused: map[string]string{"d": `it is a hard link to "f", which the stream did not bring`, "f": `"f" is a file here, where a directory is needed`, "f/x": `"f" is a file here, where a directory is needed`},
		},
		"hard links": {
			items: []item{hardLink("a", "victim"), hardLink("b", "/etc/passwd"), hardLink("c", "../x"), file("/abs", "x"), hardLink("d", "/abs"), link(tar.TypeFifo, "p", ""), hardLink("e", "p"), hardLink("self", "self")},
			refused: map[string]string{
				"a":    `it is a hard link to "victim", which the stream did not bring`,
				"b":    `it is a hard link to "/etc/passwd", which was refused: its name is absolute`,
				"c":    `it is a hard link to "../x", which was refused: its name holds ".."`,
				"/abs": `its name is absolute`,
				"d":    `it is a hard link to "/abs", which was refused: its name is absolute`,
				"p":    `it is a named pipe`,
				"e":    `it is a hard link to "p", which was refused: it is a named pipe`,
				"self": `it is a hard link to "self", which the stream did not bring`,
			},
		},
		"another name of a symlink, in a lower place": {
			items:   []item{dir("d"), symlink("d/s", "../victim"), hardLink("s", "d/s"), hardLink("d/t", "d/s"), hardLink("d/u", "d/t")},
			want:    filetree.Tree{"d": filetree.Dir(), "d/s": filetree.Symlink("../victim"), "d/t": filetree.Symlink("../victim"), "d/u": filetree.Symlink("../victim")},
			refused: map[string]string{"s": `it is a symlink to "../victim", which leads or may lead out of the tree`},
		},
		"twice": {
			items:   []item{file("twice", "first"), file("twice", "second"), symlink("twice", "third"), dir("twice")},
			want:    filetree.Tree{"twice": filetree.File("first")},
			refused: map[string]string{"twice": "the stream names it twice"},
		},
		"partial names": {
			items:   []item{file(".kubectl-batch-0123456789abcdef.part", "x"), file(".KUBECTL-BATCH-0123456789abcdef.part", "x")},
			refused: map[string]string{".kubectl-batch-0123456789abcdef.part": "its name is kept for files that are being written", ".KUBECTL-BATCH-0123456789abcdef.part": "its name is kept for files that are being written"},
		},
		"too long a name": {
			items:   []item{file(strings.Repeat("n", 300), "x"), dir(strings.Repeat("d", 300)), symlink(strings.Repeat("s", 300), "x")},
			refused: map[string]string{strings.Repeat("n", 300): "long", strings.Repeat("d", 300): "long", strings.Repeat("s", 300): "long"},
		},
		"mode bits that are no permissions": {
			items: []item{{tar.Header{Name: "suid", Typeflag: tar.TypeReg, Mode: 0o7755, ModTime: filetree.Epoch()}, ""}},
			want:  filetree.Tree{"suid": filetree.File("").Perm("0755")},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("modes and messages are those of Unix")
			}
			local := filetree.Tree{"victim": filetree.File("untouched")}
			maps.Copy(local, test.local)
			target := newTarget(t, local)
			target.unpack(append(test.items, file("harmless", "h"))...)
			want := filetree.Tree{"harmless": filetree.File("h")}
			maps.Copy(want, local)
			maps.Copy(want, test.want)
			got := target.tree()
			if test.local["real"].Kind == "dir" || test.local["d"].Kind == "dir" {
				settle(got, local)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			checkRefused(t, test.refused, target.refused)
			if _, err := os.Lstat(filepath.Join(filepath.Dir(target.dir), "out")); err == nil {
				t.Error("something was written outside")
			}
		})
	}
}

// settle takes over directory times that merely looking for a place changes.
func settle(got, want filetree.Tree) {
	for p, node := range want {
		if node.Kind == "dir" {
			got[p] = got[p].At(node.Time)
		}
	}
}

// checkRefused compares reasons; "long" stands for what the system calls it.
func checkRefused(t *testing.T, want, got map[string]string) {
	t.Helper()
	for p, reason := range want {
		if reason == "long" && strings.HasSuffix(got[p], "file name too long") {
			want[p] = got[p]
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error("refused: -want +got:\n", diff)
	}
}

func TestNothingValidOpensNothing(t *testing.T) {
	target := newTarget(t, nil)
	target.unpack(dir("./"), file("/abs", "x"), link(tar.TypeChar, "null", ""))
	if target.opened != 0 || len(target.refused) != 2 {
		t.Errorf("opened %d times, refused %v", target.opened, target.refused)
	}
}

func TestWanted(t *testing.T) {
	target := newTarget(t, nil)
	x := target.extraction()
	x.Wanted = func(p string) bool { return p == "a" }
	if err := x.Run(t.Context(), bytes.NewReader(tarOf(t, file("a", "a"), file("b", "b")))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(filetree.Tree{"a": filetree.File("a")}, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
	checkRefused(t, map[string]string{"b": "it was not asked for"}, target.refused)
}
