// Package cgroup owns one subtree of the machine's cgroups. All processes in it
// were started by this cluster or by its processes, so that the
// kernel's records show what must be stopped after a crash.
package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Tree is the subtree of the given name, in every hierarchy that is mounted.
type Tree struct {
	Name  string
	roots []string // mount points; the first is where processes are tracked
	v2    bool
}

// Open finds the hierarchies below mount, usually /sys/fs/cgroup: the unified
// one, or with version 1 one for each controller.
func Open(mount, name string) (Tree, error) {
	if _, err := os.Stat(filepath.Join(mount, "cgroup.controllers")); err == nil {
		return Tree{Name: name, roots: []string{mount}, v2: true}, nil
	}
	roots, err := v1Roots(mount)
	if err != nil {
		return Tree{}, err
	}
	return Tree{Name: name, roots: roots}, nil
}

func v1Roots(mount string) ([]string, error) {
	entries, err := os.ReadDir(mount)
	if err != nil {
		return nil, fmt.Errorf("reading the cgroup mounts: %w", err)
	}
	var roots []string
	for _, e := range entries { // cpu -> cpu,cpuacct are symlinks, and no directories
		dir := filepath.Join(mount, e.Name())
		if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); e.IsDir() && err == nil {
			roots = append(roots, dir)
		}
	}
	if len(roots) == 0 {
		return nil, fmt.Errorf("no cgroups are mounted below %s", mount)
	}
	slices.SortStableFunc(roots, func(a, b string) int { return rank(a) - rank(b) })
	return roots, nil
}

// rank prefers to track processes in the hierarchy that every container runtime uses.
func rank(root string) int {
	if filepath.Base(root) == "pids" {
		return 0
	}
	return 1
}

// Path is the name that the container runtime knows a cgroup of the tree by.
func (t Tree) Path(sub string) string { return "/" + filepath.Join(t.Name, sub) }

// Make creates a cgroup of the tree in every hierarchy.
func (t Tree) Make(sub string) error {
	for _, root := range t.roots {
		if err := t.makeIn(root, sub); err != nil {
			return fmt.Errorf("making cgroup %s: %w", t.Path(sub), err)
		}
	}
	return nil
}

func (t Tree) makeIn(root, sub string) error {
	dir := root
	for part := range strings.SplitSeq(filepath.Join(t.Name, sub), "/") {
		if t.v2 {
			if err := enableControllers(dir, root); err != nil {
				return err
			}
		}
		parent := dir
		dir = filepath.Join(dir, part)
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := inheritCPUs(parent, dir); err != nil && !t.v2 {
			return err
		}
	}
	return nil
}

// inheritCPUs fills in what a new cpuset of version 1 is born without.
func inheritCPUs(parent, dir string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		current, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil || strings.TrimSpace(string(current)) != "" {
			continue // not a cpuset, or set already
		}
		value, err := os.ReadFile(filepath.Join(parent, file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), value, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// Join moves a process into a cgroup of the tree.
func (t Tree) Join(sub string, pid int) error {
	file := filepath.Join(t.roots[0], t.Name, sub, "cgroup.procs")
	if err := os.WriteFile(file, []byte(strconv.Itoa(pid)), 0o644); err != nil {
		return fmt.Errorf("putting process %d into cgroup %s: %w", pid, t.Path(sub), err)
	}
	return nil
}

// Destroy kills every process in the cgroup sub of the tree and removes it.
func (t Tree) Destroy(sub string) error {
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		remaining := t.kill(sub)
		if remaining == 0 && t.remove(sub) {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("cgroup %s still holds %d processes", t.Path(sub), remaining)
		}
	}
}

// kill sends SIGKILL to all that is in the cgroup and returns how many it found.
func (t Tree) kill(sub string) int {
	count := 0
	for _, root := range t.roots {
		t.walk(root, sub, func(dir string) {
			b, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			for field := range strings.FieldsSeq(string(b)) {
				if pid, err := strconv.Atoi(field); err == nil && pid > 1 {
					count++
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
	}
	return count
}

// remove deletes the empty cgroups, children first, and reports whether it deleted all.
func (t Tree) remove(sub string) bool {
	removed := true
	for _, root := range t.roots {
		var dirs []string
		t.walk(root, sub, func(dir string) { dirs = append(dirs, dir) })
		for _, dir := range slices.Backward(dirs) {
			err := syscall.Rmdir(dir)
			removed = removed && (err == nil || errors.Is(err, fs.ErrNotExist))
		}
	}
	return removed
}

func (t Tree) walk(root, sub string, visit func(dir string)) {
	top := filepath.Join(root, t.Name, sub)
	_ = filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			visit(path)
		}
		return nil // what has gone meanwhile needs no visit
	})
}
