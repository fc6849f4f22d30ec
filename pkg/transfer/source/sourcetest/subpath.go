package sourcetest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// SubPaths tests a Source with a sub-path of its root. open returns the Source of sub in the
// directory root.
func SubPaths(t *testing.T, open func(t *testing.T, root, sub string) transfer.Source) {
	t.Helper()
	localexec.NeedLinux(t)
	top := localexec.SharedDir(t)
	root := filepath.Join(top, "claim")
	filetree.Write(t, top, filetree.Tree{
		"secret": filetree.File("outside"), "claim/runs/7/x": filetree.File("x"), "claim/runs/7/d/y": filetree.File("y"),
		"claim/runs/model.pt": filetree.File("weights"), "claim/runs/other": filetree.File("other"), "claim/-dash $(x)/z": filetree.File("z"),
		"claim/inside": filetree.Symlink("runs/7"), "claim/up": filetree.Symlink(".."), "claim/runs/far": filetree.Symlink("../../secret"),
		"claim/absolute": filetree.Symlink(top), "claim/deep": filetree.Symlink("runs/../.."), "claim/runs/gone": filetree.Symlink("nowhere"),
	})
	for sub, want := range map[string][]string{
		"runs/7": {"d/y=y", "x=x"}, "inside": {"d/y=y", "x=x"}, "runs": {"7/d/y=y", "7/x=x", "model.pt=weights", "other=other"},
		"runs/model.pt": {"model.pt=weights"}, "-dash $(x)": {"z=z"}, "runs/7/x": {"x=x"},
	} {
		t.Run("sub-path "+sub, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			_, err := transfer.Fetch(t.Context(), transfer.Request{Source: open(t, root, sub), Dir: dir})
			if refused, ok := errors.AsType[*transfer.RefusedError](err); err != nil && !ok {
				t.Error(err, refused)
			}
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
	for _, sub := range []string{"runs/8", "nowhere", "runs/model.pt/x", "runs/gone"} {
		t.Run("missing sub-path "+sub, func(t *testing.T) {
			_, err := transfer.Fetch(t.Context(), transfer.Request{Source: open(t, root, sub), Dir: filepath.Join(t.TempDir(), "new")})
			if missing, ok := errors.AsType[*transfer.MissingPathError](err); !ok || !slices.Equal(missing.Paths, []string{"."}) {
				t.Errorf("%v", err)
			}
		})
	}
	for _, sub := range []string{"up", "up/secret", "deep", "absolute", "absolute/secret", "runs/far"} {
		t.Run("sub-path outside "+sub, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new")
			_, err := transfer.Fetch(t.Context(), transfer.Request{Source: open(t, root, sub), Dir: dir})
			if err == nil || !strings.Contains(err.Error(), "cannot open") || len(contents(t, dir)) > 0 {
				t.Errorf("%v; %q", err, contents(t, dir))
			}
		})
	}
	besideFile(t, func(t *testing.T) transfer.Source { t.Helper(); return open(t, root, "runs/model.pt") })
}

// besideFile asks the Source of a sub-path that is a file for another file of the same directory.
func besideFile(t *testing.T, open func(t *testing.T) transfer.Source) {
	t.Helper()
	t.Run("beside a sub-path that is a file", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "new")
		_, err := transfer.Fetch(t.Context(), transfer.Request{Source: open(t), Dir: dir, Paths: []string{"other"}})
		if _, ok := errors.AsType[*transfer.MissingPathError](err); !ok || len(contents(t, dir)) > 0 {
			t.Errorf("%v; %q", err, contents(t, dir))
		}
	})
}

// contents returns the regular files below dir and what is in them.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	_ = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			text, failed := os.ReadFile(path)
			if failed != nil {
				t.Error(failed)
			}
			relative, _ := filepath.Rel(dir, path)
			files = append(files, relative+"="+string(text))
		}
		return nil
	})
	return files
}
