//go:build unix

package tar_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// without leaves one name out.
type without string

// Takes implements transfer.Filter.
func (w without) Takes(path string, _ bool) bool { return path != string(w) }

// TestHardLinkToALocalFile: a name is never linked to a file that was in the directory before.
func TestHardLinkToALocalFile(t *testing.T) {
	// GNU tar sorts by nothing: both names are tried as the one that comes first.
	for _, remaining := range []string{"a", "b"} {
		removed := strings.Trim("ab", remaining)
		root := remote(t, filetree.Tree{"a": filetree.File("theirs"), "b": filetree.Link("a")})
		for name, executor := range executors(t) {
			t.Run(name+" without "+remaining, func(t *testing.T) {
				req := request(t, executor, root)
				req.Filter = without(remaining)
				if err := os.MkdirAll(req.Dir, 0o755); err != nil {
					t.Fatal(err)
				}
				filetree.Write(t, req.Dir, filetree.Tree{remaining: filetree.File("mine")})
				result, err := transfer.Fetch(t.Context(), req)
				got := filetree.Read(t, req.Dir)
				mine := filetree.File("mine")
				if diff := cmp.Diff(mine, got[remaining]); diff != "" {
					t.Error(diff)
				}
				switch node, ok := got[removed]; {
				case ok && (err != nil || node.Data != "theirs"):
					t.Errorf("%s: %+v, %v", removed, node, err)
				case !ok && (err == nil || result.Whole() || !strings.Contains(err.Error(), "which this fetch did not copy")):
					t.Errorf("%s is not there: %v", removed, err)
				}
			})
		}
	}
}

// TestStickyDirectory: only the owner of a file may remove it there, which the copy does not hold everybody to.
func TestStickyDirectory(t *testing.T) {
	root := remote(t, filetree.Tree{"d/f": filetree.File("f"), "e/f": filetree.File("f")})
	for dir, mode := range map[string]os.FileMode{"d": 0o777 | os.ModeSticky, "e": 0o775} {
		if err := os.Chmod(filepath.Join(root, dir), mode); err != nil {
			t.Fatal(err)
		}
	}
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			if _, err := transfer.Fetch(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			for dir, want := range map[string]os.FileMode{"d": 0o755, "e": 0o775} {
				if info, err := os.Stat(filepath.Join(req.Dir, dir)); err != nil || info.Mode().Perm() != want {
					t.Errorf("%s: %v, %v", dir, info.Mode(), err)
				}
			}
		})
	}
}
