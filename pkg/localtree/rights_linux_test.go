package localtree

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

const nobody = 65534

// asNobody runs what with the file system rights of nobody, which root's tests
// would otherwise not notice the lack of. Only this thread has them.
func asNobody(t *testing.T, dir string, f func()) {
	t.Helper()
	if os.Getuid() != 0 {
		f() // is somebody without root's rights already
		return
	}
	for _, dir := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(nobody); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Setfsuid(0) }()
	f()
}

func TestReadOnlyDirectories(t *testing.T) {
	d := newTarget(t, nil)
	closed, deep := dir("closed").perm(0o555), dir("closed/deep").perm(0o500)
	items := []item{closed, file("closed/f", "f"), deep, file("closed/deep/g", "g")}
	asNobody(t, d.dir, func() {
		d.decide = always(Write)
		d.fill(items...)
		d.reopen()
		d.fill(append(items, file("closed/deep/new", "n"))...) // into what is there, and closed
		d.reopen()
		d.fill(file("closed/deep/other", "o")) // passing what has no entry
		d.reopen()
		d.fill(closed) // for its time
	})
	d.checkRefused(nil)
	d.check(normalize(d.read(), filetree.Tree{
		"closed": filetree.Dir().Perm("0555"), "closed/f": filetree.File("f"),
		"closed/deep": filetree.Dir().Perm("0500"), "closed/deep/g": filetree.File("g"),
		"closed/deep/new": filetree.File("n"), "closed/deep/other": filetree.File("o"),
	}, "closed/deep")) // "other" came later
}

// TestImpassableDirectory has directories that nobody could pass once they have
// their modes: what is in them must be finished before, and found again after.
func TestImpassableDirectory(t *testing.T) {
	d := newTarget(t, nil)
	items := []item{
		dir("shut").perm(0o400), dir("shut/inner").perm(0o500), file("shut/inner/f", "f"),
		dir("none").perm(0), file("none/f", "f"),
	}
	want := filetree.Tree{
		"shut": filetree.Dir().Perm("0400"), "shut/inner": filetree.Dir().Perm("0500"), "shut/inner/f": filetree.File("f"),
		"none": filetree.Dir().Perm("0000"), "none/f": filetree.File("f"),
	}
	asNobody(t, d.dir, func() {
		d.fill(items...)
		d.reopen()
		d.decide = always(Keep)
		d.fill(items...)
		d.reopen()
		if err := d.tree.Open(); err != nil {
			t.Error(err)
		}
		d.fill(items[2], items[4], file("none/a/b", "b")) // the directories have no entries
	})
	d.checkRefused(nil)
	want["none/a"], want["none/a/b"] = filetree.Dir(), filetree.File("b")
	if os.Getuid() != 0 {
		t.Skip("only root can look at it")
	}
	d.check(normalize(d.read(), want, "none", "none/a"))
}

// TestLookRelaxesNothing: before Open, a directory that its mode shuts stays so.
func TestLookRelaxesNothing(t *testing.T) {
	d := newTarget(t, filetree.Tree{"shut/f": filetree.File("f")})
	shut := filepath.Join(d.dir, "shut")
	if err := os.Chmod(shut, 0); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(shut, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	var got string
	asNobody(t, d.dir, func() {
		got = looked(d.tree.Inspect(file("shut/f", "").Entry))
	})
	info, err := os.Stat(shut)
	if err != nil || info.Mode().Perm() != 0 || !strings.HasSuffix(got, "permission denied") {
		t.Error(err, info.Mode(), got)
	}
}

// TestLookIntoShutMakesNothing: what Look opens for the time being, it only opens.
func TestLookIntoShutMakesNothing(t *testing.T) {
	d := newTarget(t, nil)
	asNobody(t, d.dir, func() {
		d.fill(dir("shut").perm(0o400), file("shut/f", "f"))
		d.reopen()
		if err := d.tree.Open(); err != nil {
			t.Error(err)
		}
		for _, test := range [][2]string{{"shut/a/b/c", "nothing"}, {"shut/f", "a file"}, {"a/b", "nothing"}} {
			if got := looked(d.tree.Inspect(file(test[0], "").Entry)); got != test[1] {
				t.Errorf("%s: %s", test[0], got)
			}
		}
		if err := d.tree.Finish(); err != nil {
			t.Error(err)
		}
	})
	if os.Getuid() != 0 {
		t.Skip("only root can look at it")
	}
	d.check(filetree.Tree{"shut": filetree.Dir().Perm("0400"), "shut/f": filetree.File("f")})
}

// TestWorkerOutlivesFinish has one go on in a directory that Finish has shut.
func TestWorkerOutlivesFinish(t *testing.T) {
	d := newTarget(t, nil)
	asNobody(t, d.dir, func() {
		w := d.tree.Worker()
		defer w.Close()
		err := errors.Join(d.put(w, dir("shut").perm(0o500)), d.put(w, file("shut/a", "a")), d.tree.Finish())
		if err = errors.Join(err, d.put(w, file("shut/b", "b")), d.tree.Finish()); err != nil {
			t.Error(err)
		}
	})
	d.checkRefused(nil)
	d.check(normalize(d.read(), filetree.Tree{
		"shut": filetree.Dir().Perm("0500"), "shut/a": filetree.File("a"), "shut/b": filetree.File("b"),
	}, "shut"))
}

// TestPartOfReadOnlyFile: a part of a file that nobody may write to can be gone on with.
func TestPartOfReadOnlyFile(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	begun(t, w, file("f", "abcdef").perm(0o444), "abc").Suspend()
	if mode := d.read()[partialPath("f")].Mode; mode != "0644" {
		t.Error(mode)
	}
}

func TestAnothersDirectory(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make what belongs to another")
	}
	d := newTarget(t, filetree.Tree{"theirs": filetree.Dir(), "secret": filetree.Dir().Perm("0700")})
	const denied = "cannot be created locally: permission denied"
	asNobody(t, d.dir, func() {
		d.fill(file("theirs/f", "f"), dir("theirs/d"), symlink("theirs/s", "x"), file("secret/f", "f"), file("secret/d/f", "f"), file("mine", "m"))
	})
	d.checkRefused(map[string]string{"theirs/f": denied, "theirs/d": denied, "theirs/s": denied, "secret/f": denied, "secret/d/f": denied})
	d.check(filetree.Tree{"theirs": filetree.Dir(), "secret": filetree.Dir().Perm("0700"), "mine": filetree.File("m")})
}

// TestSetgidStays: a lab's shared folder hands its group down.
func TestSetgidStays(t *testing.T) {
	d := newTarget(t, nil)
	for p, mode := range map[string]os.FileMode{d.dir: 0o755 | os.ModeSetgid, filepath.Join(d.dir, "here"): 0o500 | os.ModeSetgid | os.ModeSticky} {
		_ = os.Mkdir(p, 0o755)
		if err := os.Chmod(p, mode); err != nil {
			t.Fatal(err)
		}
	}
	d.fill(dir("new"), file("new/f", "f"), dir("here").perm(0o500), file("here/f", "f"))
	for name, want := range map[string]os.FileMode{"new": 0o755 | os.ModeSetgid, "here": 0o500 | os.ModeSetgid | os.ModeSticky, "new/f": 0o644} {
		info, err := os.Lstat(filepath.Join(d.dir, name))
		if err != nil || info.Mode()&^os.ModeDir != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
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
		"a few zeros":  {"\x00\x00", 8},
	}
	for name, test := range tests {
		d := newTarget(t, nil)
		d.fill(file("sparse", test.data))
		checkSparse(t, name, filepath.Join(d.dir, "sparse"), test.data, test.blocks)
	}
}

func checkSparse(t *testing.T, name, file, want string, blocks int64) {
	t.Helper()
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, []byte(want)) {
		t.Errorf("%s: %d bytes of %d, %v", name, len(got), len(want), err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if took := info.Sys().(*syscall.Stat_t).Blocks; took > blocks {
		t.Errorf("%s takes %d blocks", name, took)
	}
}

// TestPipes: what would wait for another process is not opened.
func TestPipes(t *testing.T) {
	d := newTarget(t, nil)
	for _, name := range []string{"pipe", partialPath("f")} {
		if err := syscall.Mkfifo(filepath.Join(d.dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.tree.OpenFile("pipe"); err == nil {
		t.Error("opened a named pipe")
	}
	w := d.tree.Worker()
	defer w.Close()
	if _, ok := w.Partial("f"); ok {
		t.Error("a named pipe is no part of a file")
	}
	d.fill(file("f", "f"), file("pipe/f", "f"), file("pipe", "x"))
	d.checkRefused(map[string]string{
		"pipe/f": `"pipe" is a special file locally, but a directory is needed`,
		"pipe":   "a special file already exists at this local path",
	})
}
