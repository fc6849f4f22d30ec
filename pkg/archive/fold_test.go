package archive

import (
	"os"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

func TestFileSystemThatFoldsCase(t *testing.T) {
	d := newTarget(t, nil)
	d.tree.probe = func(*os.Root) (bool, error) { return true, nil }
	d.fill(
		file("README", "1"), file("readme", "2"), file("a/x", "3"), file("A/y", "4"), file("a/z", "5"),
		symlink("ſ", "x"), symlink("S", "x"), dir("D"), dir("d"), hardLink("h", "a/z"), hardLink("H", "a/z"),
	)
	why := func(first string) string {
		return `it differs from "` + first + `" only in case, which the file system here does not tell apart`
	}
	d.checkRefused(map[string]string{"readme": why("README"), "A/y": why("a"), "S": why("ſ"), "d": why("D"), "H": why("h")})
}

// TestKeepClaims: a name that is kept has its place, too.
func TestKeepClaims(t *testing.T) {
	d := newTarget(t, filetree.Tree{"README": filetree.File("1")})
	d.tree.probe = func(*os.Root) (bool, error) { return true, nil }
	d.decide = always(Keep)
	d.fill(file("README", "1"), file("readme", "2"))
	if len(d.refused) != 1 || d.refused["readme"] == "" {
		t.Error(d.refused)
	}
	d.check(filetree.Tree{"README": filetree.File("1")})
}

// TestLookKnowsSpellings: a name whose place another has is not looked up there.
func TestLookKnowsSpellings(t *testing.T) {
	d := newTarget(t, nil)
	d.tree.probe = func(*os.Root) (bool, error) { return true, nil }
	d.fill(file("a/README", "1"))
	for name, want := range map[string]string{"a/README": "-rw-r--r--", "A/README": `it differs from "a/README" only`, "a/readme": `it differs from "a/README" only`} {
		if got := looked(d.tree.Look(file(name, "1").Entry)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestProbeFolding(t *testing.T) {
	d := newTarget(t, nil)
	folds, err := probeFolding(d.root)
	if err != nil {
		t.Fatal(err)
	}
	_, lookup := os.Lstat(strings.ToUpper(d.dir))
	if folds != (lookup == nil) {
		t.Errorf("folding %v, but looking up another case: %v", folds, lookup)
	}
	d.check(filetree.Tree{})
}
