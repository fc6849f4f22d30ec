package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// asNobody runs what with the file system rights of nobody, which root's tests
// would otherwise not notice the lack of. Only this thread has them.
func asNobody(t *testing.T, own string, what func()) {
	t.Helper()
	if os.Getuid() != 0 {
		what() // is somebody without root's rights already
		return
	}
	const nobody = 65534
	for _, dir := range []string{own, filepath.Dir(own)} {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(own)), 0o755); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setfsuid(0) }()
	what()
}

func TestReadOnlyDirectories(t *testing.T) {
	target := newTarget(t, nil)
	closed, deep := dir("closed"), dir("closed/deep")
	closed.Mode, deep.Mode = 0o555, 0o500
	items := []item{closed, file("closed/f", "f"), deep, file("closed/deep/g", "g")}
	want := filetree.Tree{
		"closed": filetree.Dir().Perm("0555"), "closed/f": filetree.File("f"),
		"closed/deep": filetree.Dir().Perm("0500"), "closed/deep/g": filetree.File("g"),
	}
	asNobody(t, target.dir, func() {
		target.unpack(items...)
		target.unpack(append(items, file("closed/deep/new", "n"))...) // into what is there, and closed
		target.unpack(file("closed/deep/other", "o"))                 // passing what has no entry
		target.unpack(closed)                                         // for its time
	})
	want["closed/deep/new"], want["closed/deep/other"] = filetree.File("n"), filetree.File("o")
	got := target.tree()
	want["closed/deep"] = want["closed/deep"].At(got["closed/deep"].Time) // "other" came later
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

// TestImpassableDirectory has a directory that nobody could pass once it has its
// mode, so that what is in it must be finished before.
func TestImpassableDirectory(t *testing.T) {
	target := newTarget(t, nil)
	shut, inner := dir("shut"), dir("shut/inner")
	shut.Mode, inner.Mode = 0o400, 0o500
	asNobody(t, target.dir, func() { target.unpack(shut, inner, file("shut/inner/f", "f")) })
	want := filetree.Tree{
		"shut": filetree.Dir().Perm("0400"), "shut/inner": filetree.Dir().Perm("0500"), "shut/inner/f": filetree.File("f"),
	}
	if os.Getuid() != 0 {
		t.Skip("only root can look at it")
	}
	if diff := cmp.Diff(want, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestAnothersDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make what belongs to another")
	}
	target := newTarget(t, filetree.Tree{"theirs": filetree.Dir()})
	asNobody(t, target.dir, func() { target.unpack(file("theirs/f", "f"), file("mine", "m")) })
	want := map[string]string{"theirs/f": "it cannot be made here: permission denied"}
	checkRefused(t, want, target.refused)
	if diff := cmp.Diff(filetree.Tree{"theirs": filetree.Dir(), "mine": filetree.File("m")}, target.tree()); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestSparse(t *testing.T) {
	const hole = 8 << 20
	zero := strings.Repeat("\x00", hole)
	tests := map[string]struct {
		data   string
		blocks int64 // at most, of 512 bytes
	}{
		"hole before":  {zero + "end", 16},
		"hole after":   {"begin" + zero, 16},
		"hole between": {"begin" + zero + "end", 24},
		"only a hole":  {zero, 8},
		"odd pieces":   {strings.Repeat("x", 5000) + zero + strings.Repeat("y", 9000) + zero + "z", 64},
	}
	for name, test := range tests {
		target := newTarget(t, nil)
		target.unpack(file("sparse", test.data))
		at := filepath.Join(target.dir, "sparse")
		got, err := os.ReadFile(at)
		if err != nil || !bytes.Equal(got, []byte(test.data)) {
			t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(test.data), err)
		}
		info, err := os.Stat(at)
		if err != nil {
			t.Fatal(err)
		}
		if blocks := info.Sys().(*syscall.Stat_t).Blocks; blocks > test.blocks {
			t.Errorf("%s takes %d blocks", name, blocks)
		}
	}
}
