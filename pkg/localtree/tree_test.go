package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// small is a tree with every kind of entry.
func small() []item {
	return []item{
		dir("d/"), file("d/f", strings.Repeat("f", 700)), file("empty", ""),
		hardLink("d/g", "d/f"), symlink("s", "d/f"), symlink("abs", "/results/d"), file("deep/er/last", "last"),
	}
}

func smallTree() filetree.Tree {
	return filetree.Tree{
		"d": filetree.Dir(), "d/f": filetree.File(filetree.Short(strings.Repeat("f", 700))), "empty": filetree.File(""),
		"d/g": filetree.Link("d/f"), "s": filetree.Symlink("d/f"), "abs": filetree.Symlink("d"),
		"deep": filetree.Dir(), "deep/er": filetree.Dir(), "deep/er/last": filetree.File("last"),
	}
}

// normalize takes over the times of directories that no entry named.
func normalize(got, want filetree.Tree, paths ...string) filetree.Tree {
	for _, p := range paths {
		want[p] = want[p].At(got[p].Time)
	}
	return want
}

func TestTree(t *testing.T) {
	filetree.NeedSymlinks(t)
	d := newTarget(t, nil)
	d.fill(small()...)
	d.check(normalize(d.read(), smallTree(), "deep", "deep/er"))
	d.checkRefused(nil)
	want := map[string]Action{"d": Write, "d/f": Write, "empty": Write, "d/g": Write, "s": Write, "abs": Write, "deep/er/last": Write}
	if diff := cmp.Diff(want, d.done); diff != "" {
		t.Error("-want +got:\n", diff)
	}
	if d.opened != 1 {
		t.Errorf("opened %d times", d.opened)
	}
}

// TestFinishTwice goes on after Finish, as a caller does whose source was lost.
func TestFinishTwice(t *testing.T) {
	d := newTarget(t, nil)
	shut := dir("shut").perm(0o550)
	d.fill(shut, file("shut/a", "a"))
	d.fill(file("shut/b", "b"), shut)
	d.check(filetree.Tree{"shut": filetree.Dir().Perm("0550"), "shut/a": filetree.File("a"), "shut/b": filetree.File("b")})
	if d.done["shut"] != Write {
		t.Error("its own directory counts as the user's")
	}
}

func TestDecisions(t *testing.T) {
	items := []item{file("first", "first"), file("f", "new"), symlink("s", "new"), hardLink("l", "first")}
	local := filetree.Tree{"f": filetree.Symlink("victim"), "s": filetree.File("old"), "l": filetree.File("old"), "victim": filetree.File("untouched")}
	written := filetree.Tree{"f": filetree.File("new"), "s": filetree.Symlink("new"), "l": filetree.Link("first"), "first": filetree.File("first"), "victim": filetree.File("untouched")}
	unchanged := filetree.Tree{"f": local["f"], "s": local["s"], "l": local["l"], "first": filetree.File("first"), "victim": local["victim"]}
	for action, want := range map[Action]filetree.Tree{Write: written, Keep: unchanged, Refuse: unchanged} {
		d := newTarget(t, local)
		requested := map[string]string{}
		d.decide = func(e Entry, l Local) Action {
			requested[e.Path] = string(e.Type) + " over " + describe(l.Info.Mode()) + " " + l.Target
			return action
		}
		d.fill(items...)
		d.check(want)
		wantAsked := map[string]string{"f": "file over a symlink victim", "s": "symlink over a file ", "l": "link over a file "}
		if diff := cmp.Diff(wantAsked, requested); diff != "" {
			t.Error("-want +got:\n", diff)
		}
	}
}

// TestLinkedAlready asks for a hard link that is there, which a rename of one
// name over the other would not touch.
func TestLinkedAlready(t *testing.T) {
	tree := filetree.Tree{"a": filetree.File("a"), "b": filetree.Link("a"), "c": filetree.File("a")}
	d := newTarget(t, tree)
	for name, want := range map[string]bool{"b": true, "c": false, "none": false} {
		if got, err := d.tree.Linked(hardLink(name, "a").Entry); got != want || err != nil {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	outcome, err := d.tree.HardLink(hardLink("b", "a").Entry)
	if err != nil || outcome.Action != Keep {
		t.Error(outcome, err)
	}
	d.check(tree)
}

func TestLook(t *testing.T) {
	tree := filetree.Tree{
		"d": filetree.Dir(), "d/f": filetree.File("four"), "s": filetree.Symlink("d"), "f": filetree.File("f"),
	}
	const below = `"s" is a symlink locally, but a directory is needed`
	tests := []struct {
		entry Entry
		want  string
	}{
		{file("d/f", "").Entry, "a file"},
		{symlink("d/f", "x").Entry, "a file"},
		{file("s", "").Entry, "a symlink d"},
		{file("d/none", "").Entry, "nothing"},
		{file("no/ne", "").Entry, "nothing"},
		{dir("d").Entry, "a directory"},
		{dir("none").Entry, "nothing"},
		{file("d", "").Entry, "a directory already exists at this local path"},
		{dir("f").Entry, `"f" is a file locally, but a directory is needed`},
		{dir("s").Entry, below},
		{file("s/f", "").Entry, below},
		{file("s/no/ne", "").Entry, below},
		{file("f/x/y", "").Entry, `"f" is a file locally, but a directory is needed`},
	}
	for _, test := range tests {
		d := newTarget(t, tree)
		if got := looked(d.tree.Inspect(test.entry)); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.entry.Type, test.entry.Path, got, test.want)
		}
		d.check(tree)
		if d.opened != 0 {
			t.Error("a look has opened the directory")
		}
	}
}

func looked(local Local, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case local.Info == nil:
		return "nothing"
	case local.Target != "":
		return describe(local.Info.Mode()) + " " + local.Target
	}
	return describe(local.Info.Mode())
}

// TestLookMakesNothing looks into a directory that does not exist.
func TestLookMakesNothing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	open := func() (*os.Root, error) { return os.OpenRoot(missing) }
	for _, look := range []func() (*os.Root, error){nil, open} {
		tree := NewTree(TreeOptions{Open: open, OpenExisting: look})
		for _, entry := range []Entry{file("f", "").Entry, dir("a/b").Entry} {
			if got := looked(tree.Inspect(entry)); got != "nothing" {
				t.Error(got)
			}
		}
		w := tree.Worker()
		if _, ok := w.Partial("f"); ok {
			t.Error("a partial in a directory that is not there")
		}
		if _, err := tree.OpenFile("f"); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		if err := tree.Finish(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Lstat(missing); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestNothingValidOpensNothing(t *testing.T) {
	d := newTarget(t, nil)
	d.fill(file("/abs", "x"), specialFile("null", "a device"))
	if d.opened != 0 || len(d.refused) != 2 {
		t.Errorf("opened %d times, refused %v", d.opened, d.refused)
	}
}

func TestOpenFails(t *testing.T) {
	full := errors.New("no space left on device")
	opened := 0
	tree := NewTree(TreeOptions{Open: func() (*os.Root, error) {
		opened++
		return nil, full
	}})
	for range 2 {
		if _, err := tree.Worker().StartPartial(file("f", "").Entry, 0); !errors.Is(err, full) {
			t.Error(err)
		}
		if _, err := tree.Directory(dir("d").Entry); !errors.Is(err, full) {
			t.Error(err)
		}
	}
	if err := tree.Finish(); err != nil || opened != 1 {
		t.Error(err, opened)
	}
}

func TestWanted(t *testing.T) {
	tree := NewTree(TreeOptions{Wanted: func(p string) bool { return p == "a" }})
	for name, want := range map[string]bool{"a": true, "./a": true, "b": false} {
		entry := file(name, "").Entry
		if err := tree.Validate(&entry); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTimesOfDirectories(t *testing.T) {
	d := newTarget(t, filetree.Tree{"passed": filetree.Dir().At(time.Unix(5, 0)), "named": filetree.Dir().Perm("0700")})
	named, never := dir("named"), dir("never")
	named.ModTime, never.ModTime = time.Unix(7, 12345), time.Time{}
	d.fill(named, file("named/f", "f"), file("passed/f", "f"), never)
	got := d.read()
	// It was there already, so it gets the time, but no wider mode.
	if want := filetree.Dir().Perm("0700").At(time.Unix(7, 12345)); got["named"] != want {
		t.Errorf("named is %v", got["named"])
	}
	if got["passed"].Mode != filetree.Dir().Mode || got["passed"].Time.Equal(time.Unix(5, 0)) {
		t.Errorf("passed is %v", got["passed"])
	}
	if got["never"].Time.Year() < 2000 {
		t.Errorf("never is %v", got["never"])
	}
}

func TestModesAndTimesOfFiles(t *testing.T) {
	d := newTarget(t, nil)
	var items []item
	want := filetree.Tree{}
	for mode, text := range map[fs.FileMode]string{0o644: "0644", 0o444: "0444", 0o777: "0777", 0: "0000", fs.ModeSetuid | 0o755: "0755"} {
		i := file(text, text).perm(mode)
		i.ModTime = time.Unix(1_600_000_000, 123456789)
		items, want[text] = append(items, i), filetree.File(text).Perm(text).At(i.ModTime)
	}
	d.fill(items...)
	if os.Getuid() == 0 { // who else could read mode 0
		d.check(want)
	}
	w := d.tree.Worker()
	defer w.Close()
	unknown := file("unknown", "").Entry
	unknown.ModTime = time.Time{}
	outcome, err := put(w, unknown, "")
	if err != nil || outcome.Local.ModTime().Year() < 2000 {
		t.Error(outcome, err)
	}
}

// TestOutcome: what Commit says of the file is what the disk says.
func TestOutcome(t *testing.T) {
	d := newTarget(t, nil)
	w := d.tree.Worker()
	defer w.Close()
	for _, mode := range []fs.FileMode{0o644, 0o666, 0o400} {
		i := file("f", "content").perm(mode)
		outcome, err := put(w, i.Entry, i.data)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Lstat(filepath.Join(d.dir, "f"))
		if err != nil {
			t.Fatal(err)
		}
		got := outcome.Local
		if got.Size() != info.Size() || got.Mode() != info.Mode() || !got.ModTime().Equal(info.ModTime()) || got.IsDir() {
			t.Errorf("%v %d %v, but it is %v %d %v", got.Mode(), got.Size(), got.ModTime(), info.Mode(), info.Size(), info.ModTime())
		}
	}
}

func TestKeep(t *testing.T) {
	for name, test := range map[string]struct {
		mode  fs.FileMode
		chmod bool
		want  string
	}{
		"same mode":         {0o644, true, "0644"},
		"other mode":        {0o600, true, "0600"},
		"other, not wanted": {0o600, false, "0644"},
	} {
		d := newTarget(t, filetree.Tree{"d/f": filetree.File("f")})
		entry := file("d/f", "f").perm(test.mode).Entry
		local, err := d.tree.Inspect(entry)
		if err != nil {
			t.Fatal(err)
		}
		info, err := d.tree.AcceptExisting(entry, local.Info, test.chmod)
		if err != nil {
			t.Fatal(err)
		}
		got := d.read()["d/f"]
		if got != filetree.File("f").Perm(test.want) || fmt.Sprintf("%04o", info.Mode()) != got.Mode {
			t.Errorf("%s: %v, %v", name, got, info.Mode())
		}
	}
}
