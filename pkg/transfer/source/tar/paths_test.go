//go:build unix

package tar_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func TestPaths(t *testing.T) {
	root := remote(t, filetree.Awkward())
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			req.Paths = []string{"-rf", "new\nline", "names", "names/a", "closed/deep/file", "links/dangling", "ünïcödé ☃"}
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			tree := filetree.Awkward().Shown()
			want := filetree.Tree{}
			for _, p := range []string{"-rf", "new\nline", "names", "names/a", "names/b", "names/c", "closed/deep/file", "links/dangling", "ünïcödé ☃"} {
				want[p] = tree[p]
			}
			got := filetree.Read(t, req.Dir)
			for _, p := range []string{"closed", "closed/deep", "links"} { // not asked for, only passed
				if got[p].Kind != "dir" {
					t.Errorf("%s is %v", p, got[p])
				}
				delete(got, p)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			if result.Files != 5 || result.HardLinks != 2 {
				t.Errorf("counted %+v", result)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	root := remote(t, filetree.Awkward())
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			req.Paths = []string{"names", "no such", "links/dangling", "-x"}
			result, err := transfer.Fetch(t.Context(), req)
			want := &transfer.MissingPathError{Paths: []string{"-x", "no such"}}
			if diff := cmp.Diff(error(want), err); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			if diff := cmp.Diff(transfer.Result{}, result); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			if _, err := os.Stat(filepath.Dir(req.Dir)); !os.IsNotExist(err) {
				t.Error("the directory was made: ", err)
			}
			if executor.Count() != 1 {
				t.Errorf("tried %d times", executor.Count())
			}
		})
	}
}

// TestLostAndFoundOfAUser: a directory of that name is copied where it is not the file system's own.
func TestLostAndFoundOfAUser(t *testing.T) {
	trees := map[string]struct{ tree, want filetree.Tree }{
		"used":    {filetree.Tree{"lost+found/x": filetree.File("x"), "a b": filetree.File("a"), ".b": filetree.File("b"), "..c": filetree.File("c"), "d/lost+found/e": filetree.File("e")}, filetree.Tree{"lost+found/x": filetree.File("x"), "a b": filetree.File("a"), ".b": filetree.File("b"), "..c": filetree.File("c"), "d/lost+found/e": filetree.File("e")}},
		"a file":  {filetree.Tree{"lost+found": filetree.File("mine")}, filetree.Tree{"lost+found": filetree.File("mine")}},
		"nothing": {filetree.Tree{}, filetree.Tree{}},
	}
	for name, test := range trees {
		t.Run(name, func(t *testing.T) {
			root := remote(t, test.tree)
			for name, executor := range executors(t) {
				t.Run(name, func(t *testing.T) {
					req := request(t, executor, root)
					result, err := transfer.Fetch(t.Context(), req)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(test.want, files(filetree.Read(t, req.Dir))); diff != "" {
						t.Error("-want +got:\n", diff)
					}
					if result.Empty() != (len(test.want) == 0) || !result.Whole() {
						t.Errorf("counted %+v", result)
					}
					if _, err := os.Stat(req.Dir); os.IsNotExist(err) != (len(test.want) == 0) {
						t.Error("the directory: ", err)
					}
				})
			}
		})
	}
}

func files(tree filetree.Tree) filetree.Tree {
	for p, node := range tree {
		if node.Kind == "dir" {
			delete(tree, p)
		}
	}
	return tree
}

func TestUnreadable(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can make what another user cannot read")
	}
	root := remote(t, filetree.Tree{"open": filetree.File("o"), "secret": filetree.File("s").Perm("0600")})
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			if executor.UID == 0 {
				return
			}
			req := request(t, executor, root)
			result, err := transfer.Fetch(t.Context(), req)
			var status *transfer.RemoteError
			if !errors.As(err, &status) || status.Status == 0 || !strings.Contains(strings.Join(status.Messages, "\n"), "secret") {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(filetree.Tree{"open": filetree.File("o")}, filetree.Read(t, req.Dir)); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			if result.Whole() || result.Digest != "" {
				t.Errorf("counted %+v", result)
			}
		})
	}
}
