package transfer_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// TestFollowsOnlyWhatWasAskedFor: a symlink that lies in what was asked for is copied as it is, and what it leads to
// is missing.
func TestFollowsOnlyWhatWasAskedFor(t *testing.T) {
	src := sends(symlink("d/s", "../e"), file("d/f", 1, 1))
	req := requestOf(t, src)
	req.Paths = []string{"d"}
	sourcetest.Fetch(t, req, `could not copy "e": target of symlink "d/s", but not requested`)
	compare(t, 1, src.listed)
	compare(t, filetree.Symlink("../e"), filetree.Read(t, req.Dir)["d/s"])
}

// TestFollowsNoLoop: each target is asked for once.
func TestFollowsNoLoop(t *testing.T) {
	for name, test := range map[string]struct {
		items  []transfer.Item
		listed int
	}{
		"itself":     {[]transfer.Item{symlink("a", "a")}, 1},
		"each other": {[]transfer.Item{symlink("a", "b"), symlink("b", "a")}, 2},
		"the root":   {[]transfer.Item{symlink("a", ".")}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			src := &source{contents: []contents{{}}, listings: []listing{{items: test.items[:1]}, {items: test.items}}}
			req := requestOf(t, src)
			req.Paths = []string{"a"}
			sourcetest.Fetch(t, req, "")
			compare(t, test.listed, src.listed)
		})
	}
}
