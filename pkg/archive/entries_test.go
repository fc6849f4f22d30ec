package archive

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

func TestEntries(t *testing.T) {
	suid := file("suid", "x")
	suid.Mode = 0o7755
	target := newTarget(t, nil)
	x := target.extraction()
	var got []Entry
	x.Visit = func(e Entry, _ Outcome) { got = append(got, e) }
	items := []item{suid, dir("./d/"), symlink("d/s", "/results/suid"), hardLink("./l", "./suid"), symlink("/no", "x")}
	if err := x.Run(t.Context(), bytes.NewReader(tarOf(t, items...))); err != nil {
		t.Fatal(err)
	}
	at := filetree.Epoch()
	want := []Entry{
		{Path: "suid", Type: File, Mode: 0o755, Size: 1, ModTime: at},
		{Path: "d", Type: Directory, Mode: 0o755, ModTime: at},
		{Path: "d/s", Type: Symlink, Mode: 0o777, ModTime: at, Target: "../suid"},
		{Path: "l", Type: HardLink, Mode: 0o755, Size: 1, ModTime: at, Target: "suid"},
		{Path: "/no", Type: Symlink, Mode: 0o777, ModTime: at, Target: "x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestFileSystemWithoutHardLinks(t *testing.T) {
	target := newTarget(t, nil)
	u := newUnpacking(target.extraction())
	u.link = func(string, string) error { return &os.LinkError{Op: "link", Err: errors.ErrUnsupported} }
	if err := u.run(t.Context(), bytes.NewReader(tarOf(t, small()...))); err != nil {
		t.Fatal(err)
	}
	want := smallTree()
	want["d/g"] = want["d/f"]
	if diff := cmp.Diff(want, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestFileSystemThatFoldsCase(t *testing.T) {
	target := newTarget(t, nil)
	u := newUnpacking(target.extraction())
	u.probe = func(*os.Root) (folding, error) { return folding{on: true, seen: map[string]string{}}, nil }
	items := []item{file("README", "1"), file("readme", "2"), file("a/x", "3"), file("A/y", "4"), file("a/z", "5"), symlink("ſ", "x"), symlink("S", "x")}
	if err := u.run(t.Context(), bytes.NewReader(tarOf(t, items...))); err != nil {
		t.Fatal(err)
	}
	why := func(first string) string {
		return `it differs from "` + first + `" only in case, which the file system here does not tell apart`
	}
	checkRefused(t, map[string]string{"readme": why("README"), "A/y": why("a"), "S": why("ſ")}, target.refused)
}

func TestProbeFolding(t *testing.T) {
	target := newTarget(t, nil)
	fold, err := probeFolding(target.root)
	if err != nil {
		t.Fatal(err)
	}
	_, lookup := os.Lstat(strings.ToUpper(target.dir))
	if fold.on != (lookup == nil) {
		t.Errorf("folding %v, but looking up another case: %v", fold.on, lookup)
	}
	if diff := cmp.Diff(filetree.Tree{}, target.tree()); diff != "" {
		t.Error("left behind:\n", diff)
	}
}

func TestLocalErrorEndsIt(t *testing.T) {
	full := errors.New("no space left on device")
	x := Extraction{Open: func() (*os.Root, error) { return nil, full }}
	err := x.Run(t.Context(), bytes.NewReader(tarOf(t, small()...)))
	var broken *StreamError
	if !errors.Is(err, full) || errors.As(err, &broken) {
		t.Error(err)
	}
}

func TestTimesOfDirectories(t *testing.T) {
	target := newTarget(t, filetree.Tree{"passed": filetree.Dir().At(time.Unix(5, 0)), "named": filetree.Dir().Perm("0700")})
	named := dir("named")
	named.ModTime = time.Unix(7, 0)
	target.unpack(named, file("named/f", "f"), file("passed/f", "f"))
	got := target.tree()
	// It was there already, so it gets the time, but no wider mode.
	if want := filetree.Dir().Perm("0700").At(time.Unix(7, 0)); got["named"] != want {
		t.Errorf("named is %v", got["named"])
	}
	if got["passed"].Mode != "0755" || got["passed"].Time.Equal(time.Unix(5, 0)) {
		t.Errorf("passed is %v", got["passed"])
	}
}
