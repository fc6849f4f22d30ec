//go:build unix

package cmd

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// links are the symlinks in the current folder, by name and target.
func links(t *testing.T) map[string]string {
	t.Helper()
	contents := map[string]string{}
	for name, node := range filetree.Read(t, ".") {
		if node.Kind == "symlink" {
			contents[name] = node.Target
		}
	}
	return contents
}

// Absolute links are those of the task in whose directory they are.
func TestFetchLinksOfTasks(t *testing.T) {
	tree := filetree.Tree{
		"0/f": filetree.File("0"), "0/own": filetree.Symlink("/results/f"), "0/d/own": filetree.Symlink("/results/f"), "0/other": filetree.Symlink("../1/f"),
		"0/python": filetree.Symlink("/usr/bin/python3"), "1/f": filetree.File("1"), "1/own": filetree.Symlink("/results/./f"),
	}
	const index = "$(JOB_COMPLETION_INDEX)"
	for name, test := range map[string]struct {
		args   string
		status int
		want   map[string]string
		stderr string
	}{
		"all of them": {
			"", 0,
			map[string]string{"0/own": "f", "0/d/own": "../f", "0/other": "../1/f", "1/own": "f"},
			`Note: skipped "0/python": symlink to "/usr/bin/python3", which is not on this claim`,
		},
		"one of them": {
			"--task=0", 1,
			map[string]string{"0/own": "f", "0/d/own": "../f", "0/other": "../1/f"},
			`could not copy "1/f": target of symlink "0/other", but not requested`,
		},
		"one with what it needs": {"--task=0-1 --links=keep", 0, map[string]string{
			"0/own": "f", "0/d/own": "../f", "0/other": "../1/f", "1/own": "f", "0/python": "/usr/bin/python3",
		}, ""},
		"through the claim": {"pvc", 0, map[string]string{"0/own": "f", "0/d/own": "../f", "0/other": "../1/f", "1/own": "f"}, `skipped "0/python"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			cluster := onThisMachine(fetchable(t, sweep(index), tree))
			args := append([]string{"fetch", "sweep", "-d", "."}, strings.Fields(test.args)...)
			if test.args == "pvc" {
				args = []string{"fetch", "pvc/sweep-results", "-d", "."}
			}
			got := execute(t, cluster, args...)
			if got.Status != test.status || !strings.Contains(got.Stderr, test.stderr) {
				t.Errorf("%+v", got)
			}
			equal(t, links(t), test.want)
		})
	}
}

// The first of many notes are printed, and the others are counted; -o json has all of them.
func TestFetchBoundsNotesOnLinks(t *testing.T) {
	tree := filetree.Tree{"f": filetree.File("f")}
	for i := range 1205 {
		tree[fmt.Sprintf("l%04d", i)] = filetree.Symlink("/usr/lib/x")
	}
	t.Chdir(t.TempDir())
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults), tree))
	got := execute(t, cluster, "fetch", "train")
	if got.Status != 0 || strings.Count(got.Stderr, "Note: skipped \"l") != 5 || !strings.Contains(got.Stderr, "Note: skipped 1,200 more; use -o json to list all of them\n") {
		t.Errorf("%+v", got)
	}
	got = execute(t, cluster, "fetch", "train", "-o", "json")
	if strings.Count(got.Stdout, "which is not on this claim") != 1205 || strings.Count(got.Stderr, "\n") > 8 {
		t.Errorf("%d, %s", strings.Count(got.Stdout, "which is not on this claim"), got.Stderr)
	}
}
