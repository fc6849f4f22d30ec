package sourcetest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// without is a Filter that leaves one path and what is in it out.
type without string

func (w without) Takes(p string, _ bool) bool {
	return p != string(w) && !strings.HasPrefix(p, string(w)+"/")
}

func filter(t *testing.T, m Mover) {
	tree := filetree.Tree{
		"a/keep": filetree.File("1"), "b/first": filetree.File("2"),
		"c/second": filetree.Link("b/first"), "z": filetree.File("3"),
	}
	req, _ := m.request(t, tree)
	req.Filter = without("a")
	Fetch(t, req, "")
	got := filetree.Read(t, req.Dir)
	compare(t, []int{4, 0}, []int{len(got) - 1, len(got["a"].Kind)})
	if m.Lists {
		req.Dir, req.Filter = req.Dir+"2", without("b")
		Fetch(t, req, "")
		compare(t, filetree.File("2"), filetree.Read(t, req.Dir)["c/second"])
	}
}

func olderCopies(t *testing.T, m Mover) {
	req, root := m.request(t, filetree.Tree{"a": filetree.File("one"), "b": filetree.File("b"), "s": filetree.Symlink("a")})
	Fetch(t, req, "")
	later := filetree.Epoch().Add(time.Hour)
	if err := os.Remove(filepath.Join(root, "s")); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, root, filetree.Tree{"a": filetree.File("three").At(later), "s": filetree.Symlink("b")})
	result := Fetch(t, req, "")
	compare(t, 1, result.Kept)
	want := filetree.Tree{"a": filetree.File("three").At(later), "b": filetree.File("b"), "s": filetree.Symlink("b")}
	compare(t, want, filetree.Read(t, req.Dir))
}

func foreignFiles(t *testing.T, m Mover) {
	req, _ := m.request(t, filetree.Tree{"a": filetree.File("theirs"), "d/x": filetree.File("x"), "new": filetree.File("n")})
	mine := filetree.Tree{"a": filetree.File("mine"), "d": filetree.File("no directory")}
	if err := os.MkdirAll(req.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	filetree.Write(t, req.Dir, mine)
	result := Fetch(t, req, "could not copy")
	got := filetree.Read(t, req.Dir)
	compare(t, []filetree.Node{mine["a"], mine["d"], filetree.File("n")}, []filetree.Node{got["a"], got["d"], got["new"]})
	if len(result.Refused) < 2 || result.Whole() {
		t.Errorf("%+v", result)
	}
	req.Force = true
	Fetch(t, req, "could not copy")
	compare(t, filetree.File("theirs"), filetree.Read(t, req.Dir)["a"])
}

// checksum has files of the same size and time with another content, at either end. Files that were changed
// just before are compared without the flag.
func checksum(t *testing.T, m Mover) {
	tree := filetree.Tree{"ours": filetree.File("theirs"), "same": filetree.File("same!!"), "foreign": filetree.File("theirs")}
	req, root := m.request(t, tree)
	Fetch(t, req, "")
	filetree.Write(t, root, filetree.Tree{"ours": filetree.File("newest")})
	filetree.Write(t, req.Dir, filetree.Tree{
		"foreign": filetree.File("edited").At(filetree.Epoch().Add(time.Second)), "same": filetree.File("broken"),
	})
	req.Checksum = m.Settles
	result := Fetch(t, req, "could not copy")
	got := filetree.Read(t, req.Dir)
	compare(t, []string{"newest", "same!!", "edited"}, []string{got["ours"].Data, got["same"].Data, got["foreign"].Data})
	compare(t, []int{0, 1}, []int{result.Kept, len(result.Refused)})
}

func emptyTree(t *testing.T, m Mover) {
	req, _ := m.request(t, filetree.Tree{})
	if result := Fetch(t, req, ""); !result.Empty() {
		t.Errorf("%+v", result)
	}
	if _, err := os.Lstat(filepath.Dir(req.Dir)); err == nil {
		t.Error("a directory was made for nothing")
	}
}

func specialFiles(t *testing.T, m Mover) {
	req, root := m.request(t, filetree.Tree{"a": filetree.File("a"), "z": filetree.File("z")})
	filetree.Pipe(t, filepath.Join(root, "pipe"))
	result := Fetch(t, req, "")
	compare(t, filetree.Tree{"a": filetree.File("a"), "z": filetree.File("z")}, filetree.Read(t, req.Dir))
	compare(t, []transfer.Refusal{{Path: "pipe", Reason: "a named pipe has no content to copy"}}, result.Skipped)
	if !result.Whole() || result.Digest == "" {
		t.Errorf("%+v", result)
	}
}

func sockets(t *testing.T, m Mover) {
	req, root := m.request(t, filetree.Tree{"a": filetree.File("a"), "d/z": filetree.File("z"), "without/a": filetree.File("a")})
	for _, name := range []string{"ä socket", "d/s", "without/s"} {
		filetree.Socket(t, filepath.Join(root, name))
	}
	req.Filter = without("without")
	result := Fetch(t, req, "")
	compare(t, filetree.Tree{"a": filetree.File("a"), "d/z": filetree.File("z")}, files(filetree.Read(t, req.Dir)))
	const reason = "a socket has no content to copy"
	compare(t, []transfer.Refusal{{Path: "d/s", Reason: reason}, {Path: "ä socket", Reason: reason}}, result.Skipped)
	if !result.Whole() || result.Digest == "" || len(result.Messages) > 0 {
		t.Errorf("%+v", result)
	}
}

func sparse(t *testing.T, m Mover) {
	req, root := m.request(t, filetree.Tree{"sparse": filetree.File("begin")})
	name := filepath.Join(root, "sparse")
	if err := errors.Join(os.Truncate(name, 64<<20), os.Chtimes(name, time.Time{}, filetree.Epoch())); err != nil {
		t.Fatal(err)
	}
	Fetch(t, req, "")
	compare(t, filetree.Read(t, root), filetree.Read(t, req.Dir))
	info, err := os.Stat(filepath.Join(req.Dir, "sparse"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes, ok := filetree.Stored(info); ok && bytes > 32<<10 {
		t.Errorf("it takes %d bytes", bytes)
	}
}

func manyFiles(t *testing.T, m Mover) {
	tree, n := filetree.Tree{}, many()
	for i := range n {
		tree[fmt.Sprintf("d%d/f%d", i%50, i)] = filetree.File(strings.Repeat("x", i)).At(time.Unix(int64(i), 0))
	}
	req := m.quickRequest(t, tree)
	for _, wantKept := range []int{0, n} {
		result := Fetch(t, req, "")
		compare(t, []int{n, 50, wantKept}, []int{result.Files, result.Dirs, result.Kept})
	}
	got := filetree.Read(t, req.Dir)
	for p, node := range tree.Shown() {
		if got[p] != node {
			t.Fatalf("%s: want %v, got %v", p, node, got[p])
		}
	}
}

func manyLinks(t *testing.T, m Mover) {
	tree, n := filetree.Tree{"a": filetree.File("linked")}, many()
	for i := range n {
		tree[fmt.Sprintf("l%d", i)] = filetree.Link("a")
	}
	req := m.quickRequest(t, tree)
	result := Fetch(t, req, "")
	compare(t, []int{1, n}, []int{result.Files, result.HardLinks})
	compare(t, tree, filetree.Read(t, req.Dir))
	compare(t, n+1, Fetch(t, req, "").Kept)
}

func plan(t *testing.T, m Mover) {
	req, _ := m.request(t, awkward())
	req.PlanOnly = true
	if !m.Lists {
		Fetch(t, req, transfer.ErrNoList.Error())
		return
	}
	result := Fetch(t, req, "")
	compare(t, []int64{18, 4<<20 + 33}, []int64{int64(result.PlanFiles), result.PlanBytes})
	if _, err := os.Lstat(filepath.Dir(req.Dir)); err == nil {
		t.Error("something was written")
	}
	req.PlanOnly = false
	Fetch(t, req, "")
	req.PlanOnly = true
	compare(t, 0, Fetch(t, req, "").PlanFiles)
}

func sums(t *testing.T, m Mover) {
	req, _ := m.request(t, filetree.Tree{"a": filetree.File("a"), "b\\c": filetree.File("b"), "l": filetree.Link("a")})
	var text strings.Builder
	req.Sums = &text
	want := fmt.Sprintf("%x  a\n\\%x  b\\\\c\n%x  l\n", sha256.Sum256([]byte("a")), sha256.Sum256([]byte("b")), sha256.Sum256([]byte("a")))
	for range 2 {
		text.Reset()
		Fetch(t, req, "")
		compare(t, want, text.String())
	}
}

func locked(t *testing.T, m Mover) {
	req, _ := m.request(t, filetree.Tree{"a": filetree.File("a")})
	if err := os.MkdirAll(req.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	release, err := localtree.Lock(req.Dir, req.Receipts)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := transfer.Fetch(t.Context(), req); !errors.Is(err, localtree.ErrLocked) {
		t.Fatal(err)
	}
	release()
	Fetch(t, req, "")
}

func cancel(t *testing.T, m Mover) {
	req, _ := m.request(t, filetree.Tree{"a": filetree.File("a"), "large": filetree.File(strings.Repeat("0123456789abcdef", 2<<20))})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	req.Reporter = reporter(func(p transfer.Progress) {
		if p.Bytes > 1<<20 {
			stop()
		}
	})
	if _, err := transfer.Fetch(ctx, req); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for p := range filetree.Read(t, req.Dir) {
		if p != "a" && !strings.HasSuffix(p, ".part") {
			t.Errorf("left %s", p)
		}
	}
	req.Reporter = nil
	Fetch(t, req, "")
	compare(t, 2, len(filetree.Read(t, req.Dir)))
}

type reporter func(transfer.Progress)

func (r reporter) Report(p transfer.Progress) { r(p) }
