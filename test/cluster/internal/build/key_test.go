package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestKey(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(t *testing.T, c *Component, toolchain *string)
		sameKey bool
	}{
		"nothing":       {func(*testing.T, *Component, *string) {}, true},
		"a test":        {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "cmd/x_test.go", "package main") }, true},
		"other package": {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "other/x.go", "package other") }, true},
		"time to wait":  {func(_ *testing.T, c *Component, _ *string) { c.CPU = time.Hour }, true},
		"a pin":         {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "go.sum", "y") }, false},
		"embedded":      {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "cmd/x.csv", "1") }, false},
		"notes":         {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "cmd/x.md", "1") }, true},
		"a source":      {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "cmd/main.go", "package m") }, false},
		"the toolchain": {func(_ *testing.T, _ *Component, toolchain *string) { *toolchain = "go9" }, false},
		"unused pins":   {func(t *testing.T, c *Component, _ *string) { write(t, c.Dir, "go.oldest.mod", "module d") }, true},
		"other pins":    {func(_ *testing.T, c *Component, _ *string) { c.ModFile = "go.oldest.mod" }, false},
		"build tags":    {func(_ *testing.T, c *Component, _ *string) { c.Tags = "more" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			c := Component{Name: "c", Dir: t.TempDir(), Packages: []string{"./cmd", "elsewhere.test/x"}}
			write(t, c.Dir, "go.mod", "module c")
			write(t, c.Dir, "go.sum", "x")
			write(t, c.Dir, "go.oldest.mod", "module c")
			write(t, c.Dir, "go.oldest.sum", "z")
			write(t, c.Dir, "cmd/main.go", "package main")
			toolchain := "go1"
			former, err := Key(c, toolchain)
			if err != nil {
				t.Fatal(err)
			}
			test.change(t, &c, &toolchain)
			current, err := Key(c, toolchain)
			if err != nil || (former == current) != test.sameKey {
				t.Errorf("%s -> %s (%v), want the same: %v", former, current, err, test.sameKey)
			}
		})
	}
}

func TestLdflags(t *testing.T) {
	c := Component{Stamp: map[string]string{"v.gitVersion": "k8s.test"}}
	got := c.ldflags(func(module string) string { return map[string]string{"k8s.test": "v1.36.3"}[module] })
	want := "-s -w -X v.gitVersion=v1.36.3 -X v.gitMajor=1 -X v.gitMinor=36"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Every component that is a module of its own has its pins committed.
func TestComponentsArePinned(t *testing.T) {
	for _, oldest := range []bool{false, true} {
		for _, c := range Components("../../../..", Variant{Store: true, Oldest: oldest}) {
			for _, file := range c.modFiles() {
				b, err := os.ReadFile(filepath.Join(c.Dir, file))
				if err != nil || strings.TrimSpace(string(b)) == "" {
					t.Errorf("%s: %s: %v", c.Name, file, err)
				}
			}
		}
	}
}
