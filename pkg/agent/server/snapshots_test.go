//go:build linux

package server_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
)

// mount puts a file system of its own at dir, as an NFS client does with a directory of snapshots.
func mount(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		t.Skip("this user cannot mount: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// Directories of snapshots in the root are skipped where the storage system has made them, and nowhere else.
func TestSnapshotDirectoriesAreSkipped(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{".snapshot", ".zfs", "~snapshot", "other", "below/.snapshot"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if dir != ".zfs" { // a user's own
			mount(t, filepath.Join(root, dir))
		}
		if err := os.WriteFile(filepath.Join(root, dir, "x"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listed := map[string]string{}
	for _, node := range nodes(t, agenttest.Start(t, root, server.Options{}), ".") {
		listed[node.Path] = node.Skipped
	}
	const skipped = "contains snapshots of the storage system, not results"
	want := map[string]string{
		".": "", ".snapshot": skipped, "~snapshot": skipped, ".zfs": "", ".zfs/x": "", "other": "", "other/x": "", "below": "", "below/.snapshot": "", "below/.snapshot/x": "",
	}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}
