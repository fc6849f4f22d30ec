//go:build linux

package main_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// TestWhatItMayNotRead runs as somebody else than who made the files.
func TestWhatItMayNotRead(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"closed", "nameless", "open"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, dir, "f"), []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"closed": 0, "nameless": 0o711, "open/f": 0, ".": 0o755} {
		if err := os.Chmod(filepath.Join(root, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, "closed"), 0o755) })
	p := serveAs(t, root, 65532)
	names, refused := listed(t, p.local(t))
	if diff := cmp.Diff([]string{".", "closed", "nameless", "open", "open/f"}, names); diff != "" {
		t.Error(diff)
	}
	reason := "cannot read directory: permission denied"
	if diff := cmp.Diff(map[string]string{"closed": reason, "nameless": reason}, refused); diff != "" {
		t.Error(diff)
	}

	source, err := agent.New(p.local(t), "none")
	if err != nil {
		t.Fatal(err)
	}
	contents, err := source.Open(t.Context(), []transfer.Want{{Path: "open/f"}, {Path: "nameless/f"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = contents.Close() }()
	item, err := contents.Next()
	if err != nil || item.Refused != "cannot be read: permission denied" {
		t.Errorf("%q, %v", item.Refused, err)
	}
	if item, err := contents.Next(); err != nil || item.Refused != "cannot be read: permission denied" {
		t.Errorf("behind a directory: %+v, %v", item, err)
	}
}

// serveAs is serve as another user, where this one may become it.
func serveAs(t *testing.T, root string, uid uint32) *process {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may run as somebody else")
	}
	for dir := root; dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o005 != 0o005 && dir != root {
			_ = os.Chmod(dir, info.Mode().Perm()|0o055)
		}
	}
	if err := os.Chmod(filepath.Dir(program(t)), 0o755); err != nil {
		t.Fatal(err)
	}
	return serveWith(t, root, func(p *process, folder string) {
		_ = os.Chown(folder, int(uid), int(uid))
		p.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	})
}
