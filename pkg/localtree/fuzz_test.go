package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

// FuzzTree does to a Tree what a hostile source can bring it to: any entries in
// any order, resumed, committed and left at will. Each operation is VERB:PATH:TARGET,
// with a semicolon between them. Nothing beside the directory changes, nothing panics, no
// error is more than a refusal of one entry, and no symlink that leads out comes
// to lie in the directory, but those that are kept as they are (o).
func FuzzTree(f *testing.F) {
	for _, seed := range []string{
		"s:a:.;f:a/x:-;d:a/y:-;f:b:-;l:c:b;l:d:a",
		"s:up:..;f:up/out:-;s:abs:/results/d;d:abs/x:-;s:s:.;s:t:s/../..;f:t/out:-",
		"d:d:-;s:d/up:../..;l:up:d/up;l:in:d/in;s:d/in:..;f:d/in/x:-;f:d/../out:-",
		"f:../out:-;f:/out:-;d:..:-;d:.:-;l:f:../outside;l:g:/outside;s:\x00:x;f:a\x00b:-",
		"s:link:../outside/file;f:link:-;f:local/x:-;d:local:-;f:local:-;l:h:local/x;l:h:linked",
		"p:f:3;r:f:2;r:f:9;p:f:0;s:f:x;r:f:1;l:f:f;!:-:-;f:f:-;d:f:-",
		"f:.kubectl-batch-0123456789abcdef.part:-;d:.kubectl-batch-0123456789abcdef.part/x:-;f:.kubectl-batch-case:-",
		"f:out/x:-;d:out:-;f:in/x:-;l:y:in/x;l:z:out/file;s:out:x;f:pipe:-;f:pipe/x:-;l:p:pipe",
		"o:x:../outside;f:x/f:-;d:x:-;d:x/d:-;l:x/l:local/x;p:x/p:2;!:-:-;d:x:-;f:x:-;s:x/s:a;k:x/file:-;r:x/p:3;o:y:/;d:y/tmp:-;l:z:x/file",
		"d:dd/dd/dd:-;s:dd/dd/dd/s:../../..;f:dd/dd/dd/s/x:-;!:-:-;f:dd/dd/y:-;d:dd:-;r:dd/dd/y:5;?:x:y",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script string) {
		if len(script) > 4096 {
			return
		}
		h := newHostile(t)
		w := h.d.tree.Worker()
		defer w.Close()
		for line := range strings.SplitSeq(script, ";") {
			words := strings.Split(line, ":")
			if len(words) != 3 {
				continue
			}
			h.expect(line, h.do(w, words[0], words[1], words[2]))
		}
		h.expect("finish", h.d.tree.Finish())
		h.check()
	})
}

// TestRandomTrees is the fuzz target's work for a moment, on scripts that hit
// each other's names more often than a fuzzer's do.
func TestRandomTrees(t *testing.T) {
	slowtest.Skip(t)
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "a/b", "a/b/c", "b/a", "local", "local/x", "out", "in", "in/x", "linked", "pipe", "a/../b", "..", "/a", "a/b/../../.."}
	targets := []string{".", "..", "a", "../a", "../..", "b/a", "local/x", "out/file", "/results/a", "/results/../x", "/etc", "linked", "0", "2", "5"}
	for range 60 {
		h := newHostile(t)
		w := h.d.tree.Worker()
		var script strings.Builder
		for range 30 {
			verb := string("fdslprk!o"[random.IntN(9)])
			name := names[random.IntN(len(names))]
			target := targets[random.IntN(len(targets))]
			fmt.Fprintln(&script, verb, name, target)
			h.expect(script.String(), h.do(w, verb, name, target))
		}
		w.Close()
		h.expect("finish", h.d.tree.Finish())
		h.check()
		if t.Failed() {
			t.Fatal(script.String())
		}
	}
}

// hostile is a directory with traps in it, and something beside it.
type hostile struct {
	t         *testing.T
	d         *target
	outside   string
	untouched filetree.Tree
	keptLinks map[string]bool // symlinks that were made as they are
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	d := newTarget(t, filetree.Tree{
		"local": filetree.Dir(), "local/x": filetree.File("local"),
		"in": filetree.Symlink("local"), "out": filetree.Symlink("../outside"), "linked": filetree.Symlink("../outside/file"),
	})
	outside := filepath.Join(filepath.Dir(d.dir), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, outside, filetree.Tree{"file": filetree.File("untouched"), "dir": filetree.Dir()})
	h := &hostile{t: t, d: d, outside: outside, keptLinks: map[string]bool{}}
	h.untouched = h.beside()
	return h
}

// beside is everything near the directory, but what is in it.
func (h *hostile) beside() filetree.Tree {
	tree := filetree.Read(h.t, filepath.Dir(h.d.dir))
	maps.DeleteFunc(tree, func(p string, _ filetree.Node) bool { return p == "target" || strings.HasPrefix(p, "target/") })
	return tree
}

// do is one operation. Whatever is in the way is replaced, as with --force.
func (h *hostile) do(w *Worker, verb, name, target string) error {
	tree := h.d.tree
	types := map[string]Type{"f": File, "d": Directory, "s": Symlink, "l": HardLink, "p": File, "r": File, "k": File, "o": Symlink}
	entry := Entry{Path: name, Type: types[verb], Mode: fs.FileMode(len(name) * 0o111), Size: 5, ModTime: filetree.Epoch(), Target: target}
	if verb == "!" {
		return tree.Finish()
	}
	err := tree.Validate(&entry)
	if _, outside := errors.AsType[*OutsideError](err); outside && verb == "o" {
		h.keptLinks[entry.Path], err = true, nil
	}
	if err != nil {
		return err
	}
	local, err := w.Inspect(entry)
	if err != nil {
		return err
	}
	switch verb {
	case "d":
		_, err = tree.Directory(entry)
	case "s", "o":
		_, err = tree.Symlink(entry)
	case "l":
		_, err = tree.HardLink(entry)
	case "f":
		_, err = put(w, entry, "12345")
	case "k":
		if local.Info != nil {
			_, err = tree.AcceptExisting(entry, local.Info, true)
		}
	case "p", "r":
		err = h.part(w, entry, target, verb == "r")
	}
	return err
}

// part begins a file, or goes on with one, and leaves it unless it is whole.
func (h *hostile) part(w *Worker, entry Entry, count string, resume bool) error {
	n := int64(len(count)) // up to which byte it comes
	if digit, err := strconv.Atoi(count); err == nil {
		n = int64(digit)
	}
	n = max(0, min(5, n))
	offset := int64(0)
	if resume {
		offset = n
	}
	w.Partial(entry.Path)
	p, err := w.StartPartial(entry, offset)
	if errors.Is(err, ErrNoPartial) {
		return nil
	}
	if err != nil {
		return err
	}
	defer p.Suspend()
	if _, err := p.Write([]byte("12345")[offset:max(n, offset)]); err != nil || !resume {
		return err
	}
	_, err = p.Write([]byte("12345")[n:])
	if err != nil {
		return err
	}
	_, err = p.Commit(entry)
	return err
}

// expect takes refusals only.
func (h *hostile) expect(action string, err error) {
	h.t.Helper()
	_, refused := errors.AsType[*Refused](err)
	_, outside := errors.AsType[*OutsideError](err)
	if err != nil && !refused && !outside {
		h.t.Errorf("%s: %v", action, err)
	}
}

func (h *hostile) check() {
	h.t.Helper()
	if diff := cmp.Diff(h.untouched, h.beside()); diff != "" {
		h.t.Error("beside the directory: -want +got:\n", diff)
	}
	for p, node := range h.d.read() {
		names := []string{"out", "linked"} // the user's, who may
		if node.Kind != "symlink" || slices.Contains(names, p) || h.keptLinks[p] {
			continue
		}
		if target := path.Join(path.Dir(p), node.Target); path.IsAbs(node.Target) || target == ".." || strings.HasPrefix(target, "../") {
			h.t.Errorf("%s leads to %s", p, node.Target)
		}
	}
}
