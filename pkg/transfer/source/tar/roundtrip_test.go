//go:build unix

package tar_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

func locate(context.Context) (transport.Container, error) {
	return transport.Container{Namespace: "ns", Pod: "helper", Name: "files"}, nil
}

// request asks for all of root, to be put into a directory that is not there yet.
func request(t *testing.T, executor transport.Executor, root string) transfer.Request {
	t.Helper()
	return transfer.Request{
		Source:   tar.New(executor, locate, root),
		SourceID: "uid",
		Dir:      filepath.Join(filetree.TempDir(t), "new", "dir"),
		Layout:   sourcetest.Layout(),
		Receipts: filepath.Join(t.TempDir(), "receipts"),
	}
}

// remote makes a tree that other users can read as far as its modes let them.
func remote(t *testing.T, tree filetree.Tree) string {
	t.Helper()
	localexec.NeedLinux(t)
	dir := localexec.SharedDir(t)
	filetree.Write(t, dir, tree)
	return dir
}

// executors has one for each shell, as this user and, for root, as nobody.
func executors(t *testing.T) map[string]*localexec.Executor {
	t.Helper()
	uids := []uint32{0}
	if os.Getuid() == 0 {
		uids = append(uids, 65534)
	}
	executors := map[string]*localexec.Executor{}
	for name, shell := range localexec.Shells(t) {
		for _, uid := range uids {
			executor := shell()
			executor.UID = uid
			executors[fmt.Sprintf("%s/%d", name, uid)] = executor
		}
	}
	return executors
}

func TestRoundTrip(t *testing.T) {
	root := remote(t, filetree.Awkward())
	want := filetree.Awkward().Shown()
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
				Files: 17, Dirs: 7, Symlinks: 5, HardLinks: 2, Bytes: 1<<20 + 32,
				Digest: result.Digest, Complete: true, Verified: !strings.Contains(t.Name(), "plain"),
			}
			if diff := cmp.Diff(wantResult, result); diff != "" {
				t.Error("-want +got:\n", diff)
			}

			second, err := transfer.Fetch(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			wantResult.Kept = 24
			if diff := cmp.Diff(wantResult, second); diff != "" {
				t.Error("second time: -want +got:\n", diff)
			}
			if diff := cmp.Diff(want, filetree.Read(t, req.Dir)); diff != "" {
				t.Error("second time: -want +got:\n", diff)
			}
		})
	}
}
