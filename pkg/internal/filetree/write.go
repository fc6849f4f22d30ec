package filetree

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Write makes the nodes of tree in dir, which must exist.
func Write(tb testing.TB, dir string, tree Tree) {
	tb.Helper()
	paths := slices.Sorted(maps.Keys(tree))
	if slices.ContainsFunc(paths, func(p string) bool { return tree[p].Kind == "symlink" }) {
		NeedSymlinks(tb)
	}
	for _, p := range paths {
		check(tb, write(filepath.Join(dir, p), tree[p]))
	}
	for _, p := range paths {
		if tree[p].Kind == "link" {
			check(tb, os.Link(filepath.Join(dir, tree[p].Target), filepath.Join(dir, p)))
		}
	}
	for _, p := range slices.Backward(paths) {
		check(tb, finish(filepath.Join(dir, p), tree[p]))
	}
}

func write(name string, node Node) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch node.Kind {
	case "dir":
		return os.MkdirAll(name, 0o755)
	case "file":
		return os.WriteFile(name, []byte(node.Data), 0o600)
	case "symlink":
		return os.Symlink(node.Target, name)
	}
	return nil
}

// finish sets mode and time, directories after what is in them.
func finish(name string, node Node) error {
	if node.Kind != "dir" && node.Kind != "file" {
		return nil
	}
	mode, err := strconv.ParseUint(node.Mode, 8, 32)
	if err != nil {
		return err
	}
	if err := os.Chtimes(name, time.Time{}, node.Time); err != nil {
		return err
	}
	return os.Chmod(name, fs.FileMode(mode))
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
