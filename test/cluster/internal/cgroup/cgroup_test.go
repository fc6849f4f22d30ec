package cgroup

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// The life of a tree on this machine, in whatever versions it mounts.
func TestTree(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("cgroups are root's")
	}
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		t.Run(mount, func(t *testing.T) {
			if _, err := os.Stat(mount); err != nil {
				t.Skip("not mounted")
			}
			testTree(t, mount)
		})
	}
}

func testTree(t *testing.T, mount string) {
	tree, err := Open(mount, "kb-test-"+strconv.Itoa(os.Getpid()))
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		if err := tree.Destroy(""); err != nil {
			t.Error(err)
		}
	})
	for range 2 { // what is there is fine
		if err := tree.Make("node1/daemons"); err != nil {
			t.Skip("cannot make cgroups here: ", err)
		}
	}
	inside, outside := sleeper(t), sleeper(t)
	if err := tree.Join("node1/daemons", inside.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if err := tree.Destroy("node1"); err != nil {
		t.Fatal(err)
	}
	if err := inside.Wait(); err == nil {
		t.Error("what was inside has not been killed")
	}
	if outside.Process.Signal(syscall.Signal(0)) != nil {
		t.Error("what was outside has been killed")
	}
	for _, root := range tree.roots {
		if _, err := os.Stat(filepath.Join(root, tree.Name, "node1")); err == nil {
			t.Errorf("%s/node1 is still there", root)
		}
	}
}

func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd
}
