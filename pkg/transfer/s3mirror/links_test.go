package s3mirror_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// TestPathsOfSymlinks: what a symlink that was asked for leads to is copied with it, as a fetch to a directory does.
func TestPathsOfSymlinks(t *testing.T) {
	slowtest.Skip(t)
	for ask, want := range map[string][]string{
		"latest":   {"latest", "runs", "runs/7", "runs/7/model"},
		"absolute": {"absolute", "runs", "runs/7", "runs/7/model"},
		"chain":    {"chain", "latest", "runs", "runs/7", "runs/7/model"},
		"model":    {"model", "runs", "runs/7", "runs/7/model"},
		"dangling": {"dangling"},
	} {
		t.Run(ask, func(t *testing.T) {
			store, _ := s3test.Start(t, nil)
			root := t.TempDir()
			filetree.Write(t, root, filetree.Tree{
				"runs/7/model": filetree.File("7"), "runs/6/model": filetree.File("6"), "latest": filetree.Symlink("runs/7"), "chain": filetree.Symlink("latest"),
				"absolute": filetree.Symlink("/results/runs/7"), "model": filetree.Symlink("runs/7/model"), "dangling": filetree.Symlink("gone"),
			})
			r := request(t, root, store)
			r.Paths, r.Layout = []string{ask}, sourcetest.Layout()
			for range 2 {
				if result := copied(t, r); !result.Whole() {
					t.Errorf("%+v", result)
				}
				dir := t.TempDir()
				back(t, store, dir)
				got := slices.Sorted(maps.Keys(filetree.Read(t, dir)))
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error("-want +got:\n", diff)
				}
			}
		})
	}
}

// TestLinksThatLeadOut: those of no claim are named, and come back as they are where they are kept; what lies on the same
// claim and was not asked for is missing.
func TestLinksThatLeadOut(t *testing.T) {
	tree := filetree.Tree{
		"bin/python": filetree.Symlink("/usr/bin/python3"), "bin/python3": filetree.Symlink("python"), "up": filetree.Symlink("../../up"),
		"odd": filetree.Symlink("/no\xfftext"), "a": filetree.File("a"), "around": filetree.Symlink("bin/../a"),
	}
	for _, keep := range []bool{false, true} {
		store, _ := s3test.Start(t, nil)
		root := t.TempDir()
		filetree.Write(t, root, tree)
		r := request(t, root, store)
		r.Layout, r.KeepLinks = localtree.NewLayout("", localtree.Mount{Path: "/results"}), keep
		result, err := s3mirror.Copy(t.Context(), r)
		if keep { // of the index, only text can be a part
			if len(result.Skipped) != 0 || len(result.Refused) != 1 || result.Refused[0].Path != "odd" {
				t.Errorf("%+v, %v", result, err)
			}
		} else if err != nil || !result.Whole() || len(result.Skipped) != 3 {
			t.Errorf("%+v, %v", result, err)
		}
		dir := t.TempDir()
		stored, err := s3mirror.Open(t.Context(), store, place, nil)
		if err != nil {
			t.Fatal(err)
		}
		sourcetest.Fetch(t, transfer.Request{Source: stored, SourceID: "x", Dir: dir, KeepLinks: keep}, "")
		want := filetree.Tree{"a": filetree.File("a"), "around": filetree.Symlink("a"), "bin/python3": filetree.Symlink("python")}
		if keep {
			want["bin/python"], want["up"] = tree["bin/python"], tree["up"]
		}
		got := filetree.Read(t, dir)
		delete(got, "bin")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("-want +got:\n", diff)
		}
	}
}

func TestLinksToWhatWasNotAskedFor(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"0/f": filetree.File("0"), "0/other": filetree.Symlink("../1/f"), "0/far": filetree.Symlink("../../8/f"), "1/f": filetree.File("1")})
	r := request(t, root, store)
	r.Paths, r.Layout = []string{"0"}, localtree.NewLayout("runs")
	result, err := s3mirror.Copy(t.Context(), r)
	if _, refused := errors.AsType[*transfer.RefusedError](err); !refused || result.Whole() || result.Symlinks != 1 {
		t.Errorf("%+v, %v", result, err)
	}
	for _, part := range []string{`"1/f": target of symlink "0/other", but not requested`, `"8/f": target of symlink "0/far", outside the fetched directory`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v: no %s", err, part)
		}
	}
}
