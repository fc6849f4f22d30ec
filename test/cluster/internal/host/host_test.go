package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCacheDir(t *testing.T) {
	t.Setenv("KUBECTL_BATCH_CLUSTER_DIR", "/somewhere")
	if dir, err := CacheDir(); err != nil || dir != "/somewhere" {
		t.Errorf("got %s, %v", dir, err)
	}
	t.Setenv("KUBECTL_BATCH_CLUSTER_DIR", "")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if dir, err := CacheDir(); err != nil || dir != "/var/cache/kubectl-batch-cluster" {
		t.Errorf("without a home: got %s, %v", dir, err)
	}
}

func TestRepositoryRoot(t *testing.T) {
	root := t.TempDir()
	below := filepath.Join(root, "test", "cluster")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	for dir, module := range map[string]string{root: rootModule, below: rootModule + "/test/cluster"} {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module+"\n\ngo 1.26\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, ok := rootAbove(below); !ok || got != root {
		t.Errorf("got %s, %v; want %s", got, ok, root)
	}
	if got, ok := rootAbove(t.TempDir()); ok {
		t.Errorf("found %s above an empty directory", got)
	}
}

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "lock")
	a, err := LockShared(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := LockShared(t.Context(), path)
	if err != nil {
		t.Fatal("two cannot share: ", err)
	}
	b.Release()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	said := 0
	if _, err := LockExclusive(ctx, path, func() { said++ }); !errors.Is(err, context.DeadlineExceeded) || said != 1 {
		t.Errorf("while shared: %v, said %d times", err, said)
	}
	a.Release()
	c, err := LockExclusive(t.Context(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	c.Release()
}
