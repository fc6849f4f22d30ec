package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestClusterDir(t *testing.T) {
	t.Setenv("HOME", t.TempDir()) // must not matter
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for name, test := range map[string]struct {
		explicit string
		running  []string
		want     string // empty: an error
	}{
		"nothing runs":                 {want: DefaultDir},
		"the default runs":             {running: []string{DefaultDir}, want: DefaultDir},
		"another runs":                 {running: []string{"/a"}, want: "/a"},
		"the default runs too":         {running: []string{"/a", DefaultDir}, want: DefaultDir},
		"several others run":           {running: []string{"/a", "/b"}},
		"explicit":                     {explicit: "/c", want: "/c"},
		"explicit, while another runs": {explicit: "/c", running: []string{"/a", DefaultDir}, want: "/c"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECTL_BATCH_CLUSTER_DIR", test.explicit)
			got, err := ClusterDir(DefaultDir, test.running)
			if got != test.want || (err != nil) != (test.want == "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
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
	reports := 0
	if _, err := LockExclusive(ctx, path, func() { reports++ }); !errors.Is(err, context.DeadlineExceeded) || reports != 1 {
		t.Errorf("while shared: %v, said %d times", err, reports)
	}
	a.Release()
	c, err := LockExclusive(t.Context(), path, func() {})
	if err != nil {
		t.Fatal(err)
	}
	c.Release()
}
