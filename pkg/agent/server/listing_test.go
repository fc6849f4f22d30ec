package server_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

// nodes is what the agent lists at path.
func nodes(t *testing.T, agent *agenttest.Agent, path string) []wire.Node {
	t.Helper()
	body := strings.NewReader(string(wire.AppendEntry(nil, wire.Entry{Path: path})))
	answer, err := agent.Local(t).Post("http://agent/v1/list?codec=s2", "", body)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var result []wire.Node
	for r := wire.NewReader(answer.Body); ; {
		frame, err := r.Next()
		if errors.Is(err, io.EOF) {
			return result
		}
		if err != nil {
			t.Fatal(err)
		}
		result = append(result, frame.Node)
	}
}

// TestVeryDeep: the walk stops before it runs out of files that it may open,
// and says where.
func TestVeryDeep(t *testing.T) {
	slowtest.Skip(t)
	agenttest.NeedLinux(t)
	dir, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	top := dir
	for range 1100 {
		if err := dir.Mkdir("d", 0o755); err != nil {
			t.Fatal(err)
		}
		below, err := dir.OpenRoot("d")
		if err != nil {
			t.Fatal(err)
		}
		if dir != top {
			_ = dir.Close()
		}
		dir = below
	}
	_ = dir.Close()
	defer func() { _ = top.Close() }()
	listed := nodes(t, agenttest.Start(t, top.Name(), server.Options{}), ".")
	deepest := listed[len(listed)-1]
	if len(listed) < 1000 || deepest.Refused != "contents exceed the limit of 1000 nested directories" || deepest.Type != wire.Directory {
		t.Errorf("%d nodes, the last refused because %q", len(listed), deepest.Refused)
	}
}

func TestASymlinkIsNotFollowedOutside(t *testing.T) {
	agenttest.NeedLinux(t)
	root, outside := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	agent := agenttest.Start(t, root, server.Options{})
	if listed := nodes(t, agent, "out"); len(listed) != 1 || listed[0].Type != wire.Symlink {
		t.Errorf("the symlink itself: %+v", listed)
	}
	listed := nodes(t, agent, "out/secret")
	if len(listed) != 1 || listed[0].Refused == "" || listed[0].Type != wire.Other {
		t.Errorf("what lies behind it: %+v", listed)
	}
}

// TestStickyDirectory: only the owner of a file may remove it there, which a copy does not hold everybody to.
func TestStickyDirectory(t *testing.T) {
	agenttest.NeedLinux(t)
	root := t.TempDir()
	for dir, mode := range map[string]os.FileMode{"all": 0o777 | os.ModeSticky, "group": 0o770 | os.ModeSticky, "plain": 0o777, "setgid": 0o775 | os.ModeSetgid} {
		if err := errors.Join(os.Mkdir(filepath.Join(root, dir), 0o700), os.Chmod(filepath.Join(root, dir), mode)); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]os.FileMode{"all": 0o755, "group": 0o750, "plain": 0o777, "setgid": 0o775}
	for _, node := range nodes(t, agenttest.Start(t, root, server.Options{}), ".") {
		if mode, ok := want[node.Path]; ok && node.Mode != mode {
			t.Errorf("%s: %o, not %o", node.Path, node.Mode, mode)
		}
	}
}
