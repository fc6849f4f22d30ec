//go:build unix

package transfer_test

import (
	"slices"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// TestNothingIsWrittenThroughKeptLinks: a hostile source names a symlink that leads out, and files behind it.
func TestNothingIsWrittenThroughKeptLinks(t *testing.T) {
	outside := filetree.TempDir(t)
	filetree.Write(t, outside, filetree.Tree{"f": filetree.File("untouched"), "d": filetree.Dir()})
	untouched := filetree.Read(t, outside)
	behind := []transfer.Item{file("x/f", 3, 1), file("x/new", 3, 1), file("x/d/new", 3, 1), symlink("x/l", "f"), directory("x/d"), directory("x/more")}
	for name, items := range map[string][]transfer.Item{
		"the link first": append([]transfer.Item{symlink("x", outside)}, behind...),
		"the link last":  append(slices.Clip(behind), symlink("x", outside)),
		"twice":          append([]transfer.Item{symlink("x", outside), symlink("x", outside), directory("x")}, behind...),
	} {
		t.Run(name, func(t *testing.T) {
			req := requestOf(t, sends(items...))
			req.KeepLinks = true
			for range 2 {
				_, _ = transfer.Fetch(t.Context(), req)
				compare(t, untouched, filetree.Read(t, outside))
			}
			req.Force = true
			_, _ = transfer.Fetch(t.Context(), req)
			compare(t, untouched, filetree.Read(t, outside))
		})
	}
}

// TestKeptLinkBecomesFile: a symlink that leads out, and later a file in its place.
func TestKeptLinkBecomesFile(t *testing.T) {
	outside := filetree.TempDir(t)
	filetree.Write(t, outside, filetree.Tree{"f": filetree.File("untouched")})
	untouched := filetree.Read(t, outside)
	req := requestOf(t, sends(symlink("x", outside+"/f")))
	req.KeepLinks = true
	sourcetest.Fetch(t, req, "")
	req.Source = sends(file("x", 3, 1))
	sourcetest.Fetch(t, req, "")
	compare(t, untouched, filetree.Read(t, outside))
	compare(t, filetree.Tree{"x": node(3, 1)}, filetree.Read(t, req.Dir))
}
