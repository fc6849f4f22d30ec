//go:build linux

package tar_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// A directory of snapshots that a storage system has mounted in the root is skipped; a user's own is copied.
func TestSnapshotDirectoriesAreSkipped(t *testing.T) {
	tree := filetree.Tree{".snapshot": filetree.Dir(), "~snapshot/x": filetree.File("mine"), "a b": filetree.File("a"), "d/.snapshot/x": filetree.File("x")}
	root := remote(t, tree)
	mounted := filepath.Join(root, ".snapshot")
	if err := syscall.Mount("none", mounted, "tmpfs", 0, ""); err != nil {
		t.Skip("this user cannot mount: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(mounted, syscall.MNT_DETACH) })
	filetree.Write(t, mounted, filetree.Tree{"old": filetree.File("snapshot")})
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			want := filetree.Tree{"~snapshot/x": filetree.File("mine"), "a b": filetree.File("a"), "d/.snapshot/x": filetree.File("x")}
			if diff := cmp.Diff(want, files(filetree.Read(t, req.Dir))); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			skipped := []transfer.Refusal{{Path: ".snapshot", Reason: "contains snapshots of the storage system, not results"}}
			if diff := cmp.Diff(skipped, result.Skipped); diff != "" || !result.Whole() {
				t.Errorf("%+v; -want +got:\n%s", result, diff)
			}
		})
	}
}
