package archive

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// small is a tree with every kind of entry, in several blocks.
func small() []item {
	return []item{
		dir("./"), dir("d/"), file("d/f", strings.Repeat("f", 700)), file("empty", ""),
		hardLink("d/g", "d/f"), symlink("s", "d/f"), symlink("abs", "/results/d"), file("last", "last"),
	}
}

func smallTree() filetree.Tree {
	return filetree.Tree{
		"d": filetree.Dir(), "d/f": filetree.File(filetree.Short(strings.Repeat("f", 700))), "empty": filetree.File(""),
		"d/g": filetree.Link("d/f"), "s": filetree.Symlink("d/f"), "abs": filetree.Symlink("d"), "last": filetree.File("last"),
	}
}

func TestExtract(t *testing.T) {
	target := newTarget(t, nil)
	target.unpack(small()...)
	if diff := cmp.Diff(smallTree(), target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
	checkRefused(t, nil, target.refused)
	want := map[string]Action{"d": Write, "d/f": Write, "empty": Write, "d/g": Write, "s": Write, "abs": Write, "last": Write}
	if diff := cmp.Diff(want, target.done); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

// TestTruncation cuts a sealed stream at every byte: package archive/tar alone
// takes some of these cuts for the end.
func TestTruncation(t *testing.T) {
	whole := sealed(t, tarOf(t, small()...), 0)
	for cut := range whole {
		r := NewReader(bytes.NewReader(whole[:cut]), nonce, true)
		entries := tar.NewReader(r)
		err := error(nil)
		for err == nil {
			_, err = entries.Next()
		}
		if _, finished := r.Finish(); !errors.Is(finished, ErrTruncated) {
			t.Fatalf("cut at %d: %v, then %v", cut, err, finished)
		}
	}
}

// TestTruncatedFiles cuts it around every block. What has its name must be whole.
func TestTruncatedFiles(t *testing.T) {
	body := tarOf(t, small()...)
	whole, tree := sealed(t, body, 0), smallTree()
	for at := 0; at <= len(body); at += 512 {
		for _, cut := range []int{max(0, at-1), at, at + 1} {
			target := newTarget(t, nil)
			err := target.extraction().Run(t.Context(), NewReader(bytes.NewReader(whole[:cut]), nonce, true))
			var broken *StreamError
			if atEnd := cut > len(body)-1024; !errors.As(err, &broken) && !atEnd {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			for p, node := range target.tree() {
				if node.Kind != "dir" && node != tree[p] {
					t.Fatalf("cut at %d: %s is %v", cut, p, node)
				}
			}
		}
	}
}

func TestStreamError(t *testing.T) {
	cause := errors.New("connection reset")
	body := tarOf(t, small()...)
	tests := map[string]io.Reader{
		"in a header":  io.MultiReader(bytes.NewReader(body[:100]), iotest.ErrReader(cause)),
		"in a file":    io.MultiReader(bytes.NewReader(body[:1600]), iotest.ErrReader(cause)),
		"between them": io.MultiReader(bytes.NewReader(body[:1024]), iotest.ErrReader(cause)),
	}
	for name, r := range tests {
		target := newTarget(t, nil)
		err := target.extraction().Run(t.Context(), r)
		var broken *StreamError
		if !errors.As(err, &broken) || !errors.Is(err, cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCancelLeavesNoPartial(t *testing.T) {
	target := newTarget(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	x := target.extraction()
	var during filetree.Tree
	x.Progress = func(p string, _ int64) {
		if p == "large" && during == nil {
			during = target.tree()
			cancel()
		}
	}
	large := file("large", strings.Repeat("l", 4*copySize))
	if err := x.Run(ctx, bytes.NewReader(tarOf(t, file("a", "a"), large))); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, ok := during[partialName("large")]; !ok || len(during) != 2 {
		t.Errorf("in mid-file there was %v", during)
	}
	if diff := cmp.Diff(filetree.Tree{"a": filetree.File("a")}, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestPartialOfAKilledProcess(t *testing.T) {
	target := newTarget(t, filetree.Tree{
		"victim":         filetree.File("untouched"),
		partialName("f"): filetree.Symlink("victim"),
		partialName("s"): filetree.File("half"),
		partialName("l"): filetree.File("half"),
	})
	target.unpack(file("f", "f"), symlink("s", "f"), hardLink("l", "f"))
	want := filetree.Tree{
		"victim": filetree.File("untouched"), "f": filetree.File("f"), "s": filetree.Symlink("f"), "l": filetree.Link("f"),
	}
	if diff := cmp.Diff(want, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

// TestTwoProcesses has another one take over the partial in mid-file.
func TestTwoProcesses(t *testing.T) {
	target := newTarget(t, nil)
	x := target.extraction()
	partial := filepath.Join(target.dir, partialName("f"))
	x.Progress = func(string, int64) {
		if err := errors.Join(os.Remove(partial), os.WriteFile(partial, []byte("half"), 0o600)); err != nil {
			t.Error(err)
		}
	}
	err := x.Run(t.Context(), bytes.NewReader(tarOf(t, file("f", "whole"))))
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Join(target.dir, "f")); err == nil {
		t.Error("the other's half has got the name")
	}
}

func TestDecisions(t *testing.T) {
	items := []item{file("f", "new"), symlink("s", "new"), file("first", "first"), hardLink("l", "first")}
	local := filetree.Tree{"f": filetree.Symlink("victim"), "s": filetree.File("old"), "l": filetree.File("old"), "victim": filetree.File("untouched")}
	written := filetree.Tree{"f": filetree.File("new"), "s": filetree.Symlink("new"), "l": filetree.Link("first"), "first": filetree.File("first"), "victim": filetree.File("untouched")}
	kept := filetree.Tree{"f": local["f"], "s": local["s"], "l": local["l"], "first": filetree.File("first"), "victim": local["victim"]}
	for action, want := range map[Action]filetree.Tree{Write: written, Keep: kept, Refuse: kept} {
		target := newTarget(t, local)
		x := target.extraction()
		asked := map[string]string{}
		x.Decide = func(e Entry, l Local) Verdict {
			asked[e.Path] = string(e.Type) + " over " + describe(l.Info.Mode()) + " " + l.Target
			return Verdict{action, "because"}
		}
		if err := x.Run(t.Context(), bytes.NewReader(tarOf(t, items...))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, target.tree()); diff != "" {
			t.Errorf("action %d: -want +got:\n%s", action, diff)
		}
		wantAsked := map[string]string{"f": "file over a symlink victim", "s": "symlink over a file ", "l": "link over a file "}
		if diff := cmp.Diff(wantAsked, asked); diff != "" {
			t.Error("-want +got:\n", diff)
		}
		if action == Refuse {
			checkRefused(t, map[string]string{"f": "because", "s": "because", "l": "because"}, target.refused)
		}
	}
}

// TestLinkedAlready asks for a hard link that is there, which a rename of one
// name over the other would not touch.
func TestLinkedAlready(t *testing.T) {
	tree := filetree.Tree{"a": filetree.File("a"), "b": filetree.Link("a")}
	target := newTarget(t, tree)
	x := target.extraction()
	x.Decide = func(e Entry, _ Local) Verdict {
		if e.Type == HardLink {
			return Verdict{Action: Write}
		}
		return Verdict{Action: Keep}
	}
	if err := x.Run(t.Context(), bytes.NewReader(tarOf(t, file("a", "a"), hardLink("b", "a")))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tree, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}
