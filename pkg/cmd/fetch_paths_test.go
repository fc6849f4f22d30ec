//go:build unix

package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// A fetch leaves the paths that it saw, for the next one to be typed with Tab; that asks for
// nothing.
func TestTabOfPaths(t *testing.T) {
	const index = "$(JOB_COMPLETION_INDEX)"
	train := func() *faketest.Cluster {
		return onThisMachine(fetchable(t, done("train", time.Hour, withResults), filetree.Tree{
			"model.pt": filetree.File("1"), "ck/a.pt": filetree.File("2"), "ck/b.pt": filetree.File("3"), "$(reboot)": filetree.File("4"),
		}))
	}
	array := func() *faketest.Cluster { return onThisMachine(fetchable(t, sweep(index), sweepTree())) }
	for name, test := range map[string]struct {
		cluster *faketest.Cluster
		fetches []string
		lines   map[string]string
	}{
		"of a job": {train(), []string{"train -d out"}, map[string]string{
			"train ": "ck/ model.pt " + noSpace, "train m": "model.pt " + words4, "job/train ck/": "ck/a.pt ck/b.pt " + words4, "train ck/a.pt ck/": "ck/b.pt " + words4,
			"train /results/m": "/results/model.pt " + words4, "train /": "/results/ " + noSpace, "train -d out mod": "model.pt " + words4, "train model.pt m": words4,
			"other ": words4, "pvc/train-results ": words4, "s3://bucket/x ": words4, "Not! ": words4,
		}},
		"of a claim": {train(), []string{"pvc/train-results -d out"}, map[string]string{"pvc/train-results m": "model.pt " + words4, "persistentvolumeclaim/train-results ck/a": "ck/a.pt " + words4}},
		"of a part":  {train(), []string{"train ck -d out"}, map[string]string{"train ": "ck/ " + noSpace, "train ck/": "ck/a.pt ck/b.pt " + words4}},
		"of parts":   {train(), []string{"train ck/a.pt -d out", "train model.pt -d out"}, map[string]string{"train ": "ck/ model.pt " + noSpace}},
		"of a filter": {train(), []string{"train --include=*.nothing -d out"}, map[string]string{
			"train ": "ck/ model.pt " + noSpace, // the volume has them all the same
		}},
		"of an array":           {array(), []string{"sweep -d out"}, map[string]string{"sweep ": "log m.json " + words4, "sweep /results/m": "/results/m.json " + words4}},
		"of a task":             {array(), []string{"sweep m.json --task=1 -d out"}, map[string]string{"sweep ": "m.json " + words4}},
		"of an array's claim":   {array(), []string{"pvc/sweep-results -d out"}, map[string]string{"pvc/sweep-results ": "0/ 1/ 2/ 3/ notes " + noSpace}},
		"without a fetch":       {train(), nil, map[string]string{"train ": words4}},
		"of a path that is not": {train(), []string{"train nothing -d out"}, map[string]string{"train ": words4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			cache := func(f *factory.Factory) { f.CacheDir = "cache" }
			for _, line := range test.fetches {
				executeAs(t, test.cluster, cache, append([]string{"fetch"}, strings.Fields(line)...)...)
			}
			callsBefore := len(test.cluster.Calls())
			for line, want := range test.lines {
				got := executeAs(t, test.cluster, cache, append([]string{"__completeNoDesc", "fetch"}, typed(line)...)...)
				if offered := strings.Join(strings.Fields(got.Stdout), " "); offered != want {
					t.Errorf("%q: %q; want %q", line, offered, want)
				}
			}
			if calls := test.cluster.Calls()[callsBefore:]; len(calls) > 0 {
				t.Errorf("asked the cluster: %v", calls)
			}
		})
	}
}

// The newest job must be asked for, and nothing else is.
func TestTabOfPathsOfLatest(t *testing.T) {
	t.Chdir(t.TempDir())
	cache := func(f *factory.Factory) { f.CacheDir = "cache" }
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults, mine), filetree.Tree{"model.pt": filetree.File("1")}))
	executeAs(t, cluster, cache, "fetch", "@latest", "-d", "out")
	got := executeAs(t, cluster, cache, "__completeNoDesc", "fetch", "@latest", "m")
	equal(t, got.Stdout, "model.pt\n:4\n")
}

// What cobra's scripts for zsh and fish would put into the line twice is not offered there.
func TestTabSpoilsNoLine(t *testing.T) {
	t.Chdir(t.TempDir())
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults), filetree.Tree{"epoch=3-step=1.ckpt": filetree.File("1")}))
	executeAs(t, cluster, func(f *factory.Factory) { f.CacheDir = "cache" }, "fetch", "train", "-d", "out")
	for shell, want := range map[string]string{"/bin/bash": "epoch=3-step=1.ckpt\n:4\n", "/usr/bin/zsh": ":4\n", "fish": ":4\n", "": ":4\n"} {
		in := func(f *factory.Factory) {
			f.CacheDir, f.LookupEnv = "cache", func(string) (string, bool) { return shell, true }
		}
		equal(t, executeAs(t, cluster, in, "__completeNoDesc", "fetch", "train", "epoch=3-step=").Stdout, want)
		equal(t, executeAs(t, cluster, in, "__completeNoDesc", "fetch", "train", "epoch=3-").Stdout, "epoch=3-step=1.ckpt\n:4\n")
	}
}

// A fetch does not depend on it.
func TestFetchWhereNothingCanBeKept(t *testing.T) {
	t.Chdir(t.TempDir())
	cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults), filetree.Tree{"model.pt": filetree.File("1")}))
	got := executeAs(t, cluster, func(f *factory.Factory) { f.CacheDir = "/proc/none" }, "fetch", "train", "-d", "out")
	if got.Status != 0 || strings.Contains(got.Stderr, "paths") {
		t.Errorf("%+v", got)
	}
}
