package localtree

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

func TestFileSystemThatFoldsCase(t *testing.T) {
	filetree.NeedSymlinks(t)
	d := newTarget(t, nil)
	d.tree.probe = func(*os.Root) (folds, error) { return folds{letters: true}, nil }
	d.fill(
		file("README", "1"), file("readme", "2"), file("a/x", "3"), file("A/y", "4"), file("a/z", "5"),
		symlink("ſ", "x"), symlink("S", "x"), dir("D"), dir("d"), hardLink("h", "a/z"), hardLink("H", "a/z"),
	)
	reason := func(spelling string) string {
		return `differs from "` + spelling + `" only in case, which the local file system does not distinguish`
	}
	d.checkRefused(map[string]string{"readme": reason("README"), "A/y": reason("a"), "S": reason("ſ"), "d": reason("D"), "H": reason("h")})
}

// TestKeepClaims: a name that is kept has its place, too.
func TestKeepClaims(t *testing.T) {
	d := newTarget(t, filetree.Tree{"README": filetree.File("1")})
	d.tree.probe = func(*os.Root) (folds, error) { return folds{letters: true}, nil }
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
	d.tree.probe = func(*os.Root) (folds, error) { return folds{letters: true}, nil }
	d.fill(file("a/README", "1"))
	for name, want := range map[string]string{"a/README": "a file", "A/README": `differs from "a/README" only`, "a/readme": `differs from "a/README" only`} {
		if got := looked(d.tree.Inspect(file(name, "1").Entry)); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestProbeFolding(t *testing.T) {
	d := newTarget(t, nil)
	got, err := probeFolding(d.root)
	if err != nil {
		t.Fatal(err)
	}
	_, lookup := os.Lstat(strings.ToUpper(d.dir))
	if got.letters != (lookup == nil) || got.accents && runtime.GOOS == "windows" {
		t.Errorf("folding %v, but looking up another case: %v", got, lookup)
	}
	d.check(filetree.Tree{})
}

// TestAccents: macOS has one file for both forms of a letter with an accent.
func TestAccents(t *testing.T) {
	const composed, decomposed = "r\u00e9sum\u00e9", "re\u0301sume\u0301"
	const reason = `differs from "` + composed + `" only in Unicode normalization, which the local file system does not distinguish`
	for f, want := range map[folds]map[string]string{
		{accents: true}:                {composed + "/y": "", decomposed: reason, decomposed + "/y": reason, "R\u00e9sum\u00e9": "", "resume": ""},
		{letters: true}:                {decomposed: "", "R\u00e9SUM\u00e9": strings.Replace(reason, "Unicode normalization", "case", 1)},
		{letters: true, accents: true}: {decomposed: reason, "RE\u0301SUME\u0301": reason, "resume": ""},
	} {
		f := folding{folds: f, spellings: map[string]string{}}
		if err := f.record(composed + "/x"); err != nil {
			t.Error(err)
		}
		for name, want := range want {
			got := ""
			if err := f.check(name); err != nil {
				got = err.Error()
			}
			if got != want {
				t.Errorf("%+v: %+q: %q, want %q", f.folds, name, got, want)
			}
		}
	}
}
