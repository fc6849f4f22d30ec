//go:build unix

package tarsource_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/tarsource"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

func locate(context.Context) (transport.Container, error) {
	return transport.Container{Namespace: "ns", Pod: "helper", Name: "files"}, nil
}

// request asks for all of root, to be put into a directory that is not there yet.
func request(t *testing.T, executor transport.Executor, root string) transfer.Request {
	t.Helper()
	return transfer.Request{
		Source:   tarsource.New(executor, locate, root),
		SourceID: "uid",
		Dir:      filepath.Join(filetree.TempDir(t), "new", "dir"),
		Mount:    "/results",
		Receipts: filepath.Join(t.TempDir(), "receipts"),
	}
}

// remote makes a tree that other users can read as far as its modes let them.
func remote(t *testing.T, tree filetree.Tree) string {
	t.Helper()
	dir := localexec.SharedDir(t)
	filetree.Write(t, dir, tree)
	return dir
}

func awkward() filetree.Tree {
	long := strings.Repeat("long-name-", 24) // 240 bytes
	return filetree.Tree{
		"-rf":                         filetree.File("dash"),
		"--exclude=a":                 filetree.File("option"),
		"with space":                  filetree.File("s"),
		"quote'\"`$(touch x)\\":       filetree.File("q"),
		"new\nline":                   filetree.File("n"),
		"ünïcödé ☃":                   filetree.File("u"),
		".hidden":                     filetree.File("h"),
		"..two":                       filetree.File("t"),
		"empty":                       filetree.File(""),
		"empty dir":                   filetree.Dir(),
		"private":                     filetree.File("p").Perm("0604"),
		"program":                     filetree.File("#!").Perm("0755"),
		"old":                         filetree.File("o").At(time.Unix(0, 0)),
		"closed":                      filetree.Dir().Perm("0555"),
		"closed/file":                 filetree.File("c").Perm("0444"),
		"closed/deep":                 filetree.Dir().Perm("0555").At(time.Unix(1e9, 0)),
		"closed/deep/file":            filetree.File("d"),
		"names":                       filetree.Dir(),
		"names/a":                     filetree.File("linked"),
		"names/b":                     filetree.Link("names/a"),
		"names/c":                     filetree.Link("names/a"),
		"links":                       filetree.Dir(),
		"links/up":                    filetree.Symlink("../names/a"),
		"links/dir":                   filetree.Symlink("../names"),
		"links/dangling":              filetree.Symlink("nowhere"),
		"links/self":                  filetree.Symlink("."),
		long:                          filetree.Dir(),
		long + "/" + long:             filetree.Dir(),
		long + "/" + long + "/" + "f": filetree.File("deep"),
		long + "/" + long + "/" + "l": filetree.Symlink("../../" + long),
		"large":                       filetree.File(strings.Repeat("0123456789abcdef", 1<<16)),
	}
}

// shown is tree as filetree.Read shows it.
func shown(tree filetree.Tree) filetree.Tree {
	out := filetree.Tree{}
	for p, node := range tree {
		node.Data = filetree.Short(node.Data)
		out[p] = node
	}
	return out
}

// executors has one for each shell, as this user and, for root, as nobody.
func executors(t *testing.T) map[string]*localexec.Executor {
	t.Helper()
	uids := []uint32{0}
	if os.Getuid() == 0 {
		uids = append(uids, 65534)
	}
	all := map[string]*localexec.Executor{}
	for name, shell := range localexec.Shells(t) {
		for _, uid := range uids {
			executor := shell()
			executor.UID = uid
			all[fmt.Sprintf("%s/%d", name, uid)] = executor
		}
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	root := remote(t, awkward())
	want := shown(awkward())
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, filetree.Read(t, req.Dir)); diff != "" {
				t.Fatal("-want +got:\n", diff)
			}
			wantResult := transfer.Result{
				Files: 17, Dirs: 7, Symlinks: 5, HardLinks: 2, Bytes: 1<<20 + 32, WireBytes: result.WireBytes,
				Digest: result.Digest, Complete: true, Verified: !strings.Contains(t.Name(), "plain"),
			}
			if diff := cmp.Diff(wantResult, result); diff != "" {
				t.Error("-want +got:\n", diff)
			}

			again, err := transfer.Fetch(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			wantResult.Kept, wantResult.WireBytes = 24, again.WireBytes
			if diff := cmp.Diff(wantResult, again); diff != "" {
				t.Error("second time: -want +got:\n", diff)
			}
			if diff := cmp.Diff(want, filetree.Read(t, req.Dir)); diff != "" {
				t.Error("second time: -want +got:\n", diff)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	root := remote(t, awkward())
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			req.Paths = []string{"-rf", "new\nline", "names", "names/a", "closed/deep/file", "links/dangling", "ünïcödé ☃"}
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			all := shown(awkward())
			want := filetree.Tree{}
			for _, p := range []string{"-rf", "new\nline", "names", "names/a", "names/b", "names/c", "closed/deep/file", "links/dangling", "ünïcödé ☃"} {
				want[p] = all[p]
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
	root := remote(t, awkward())
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

func TestLostAndFound(t *testing.T) {
	trees := map[string]struct{ tree, want filetree.Tree }{
		"fresh":   {filetree.Tree{"lost+found": filetree.Dir().Perm("0700")}, filetree.Tree{}},
		"used":    {filetree.Tree{"lost+found/x": filetree.File("x"), "a b": filetree.File("a"), ".b": filetree.File("b"), "..c": filetree.File("c"), "d/lost+found/e": filetree.File("e")}, filetree.Tree{"a b": filetree.File("a"), ".b": filetree.File("b"), "..c": filetree.File("c"), "d/lost+found/e": filetree.File("e")}},
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
