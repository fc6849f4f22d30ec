package transfer_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// recently is a file that was changed just before it was listed or read.
func recently(name string, size, second int64) transfer.Item {
	item := file(name, size, second)
	item.Recent = true
	return item
}

// TestTimesThatProveNothing: the second fetch finds size and times as the first one left them. It hashes the file where
// a change may have left no trace in these, and copies it where it differs.
func TestTimesThatProveNothing(t *testing.T) {
	unchanged := func(*testing.T, *transfer.Request) {}
	for name, test := range map[string]struct {
		initial transfer.Item
		inUse   [2]bool // of each fetch
		change  func(*testing.T, *transfer.Request)
		hashed  int
	}{
		"settled":                       {file("a", 3, 1), [2]bool{}, unchanged, 0},
		"recent":                        {recently("a", 3, 1), [2]bool{}, unchanged, 1},
		"recent in a tree in use":       {recently("a", 3, 1), [2]bool{true, true}, unchanged, 1},
		"copied in use, still in use":   {file("a", 3, 1), [2]bool{true, true}, unchanged, 0},
		"copied in use, not in use now": {file("a", 3, 1), [2]bool{true, false}, unchanged, 1},
		"in use only now":               {file("a", 3, 1), [2]bool{false, true}, unchanged, 0},
		"no receipts":                   {file("a", 3, 1), [2]bool{}, func(_ *testing.T, req *transfer.Request) { req.Receipts = "" }, 1},
		"receipt without evidence":      {file("a", 3, 1), [2]bool{}, receiptOfBefore, 1},
	} {
		for content, copied := range map[string]int{"xxx": 0, "xyz": 1} {
			t.Run(name+", now "+content, func(t *testing.T) {
				src := sends(test.initial)
				src.contents[0].answer = func(int, transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
					return test.initial, []byte("xxx"), whole([]byte("xxx"))
				}
				req := requestOf(t, src)
				req.InUse = test.inUse[0]
				sourcetest.Fetch(t, req, "")
				test.change(t, &req)
				src.listings = []listing{{items: []transfer.Item{file("a", 3, 1)}}}
				src.contents = []contents{{}}
				src.opened = nil
				src.sum = content
				req.InUse = test.inUse[1]
				req.Force = req.Receipts == "" // the copy is not known to be a fetch's
				result := sourcetest.Fetch(t, req, "")
				compare(t, []int{test.hashed, copied * test.hashed, 1 - copied*test.hashed}, []int{src.summed, len(src.opened), result.Kept})
				src.summed = 0
				sourcetest.Fetch(t, req, "")
				if req.Receipts != "" && !req.InUse && src.summed > 0 {
					t.Error("a third fetch hashes a file that a second one has compared, or copied")
				}
			})
		}
	}
}

// receiptOfBefore turns the receipt of one file into one of the version before.
func receiptOfBefore(t *testing.T, req *transfer.Request) {
	t.Helper()
	path := receiptOf(t, *req)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head := bytes.IndexByte(text, '\n') + 1
	old := append(bytes.Replace(text[:head:head], []byte("receipt 3"), []byte("receipt 2"), 1), text[head:head+24]...)
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestUnsettledFiles: of a tree in use those files are named that may have changed while they were read.
func TestUnsettledFiles(t *testing.T) {
	src := sends(recently("young", 3, 1), file("old", 3, 1))
	req := requestOf(t, src)
	req.InUse = true
	compare(t, []string{"young"}, sourcetest.Fetch(t, req, "").Unsettled)
	req.Dir, req.InUse = req.Dir+"2", false
	compare(t, 0, len(sourcetest.Fetch(t, req, "").Unsettled))
}

// TestLinkOfAFileThatChangedUnseen: no name keeps the content that the file had before.
func TestLinkOfAFileThatChangedUnseen(t *testing.T) {
	original, second := alias("a"), alias("b")
	original.Recent, second.Recent = true, true
	src := sends(original, second)
	req := requestOf(t, src)
	sourcetest.Fetch(t, req, "")
	src.sum = "yyy"
	src.contents = []contents{{answer: func(_ int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
		item := alias(want.Path)
		return item, []byte("yyy"), whole([]byte("yyy"))
	}}}
	result := sourcetest.Fetch(t, req, "")
	compare(t, 0, result.Kept)
	for _, name := range []string{"a", "b"} {
		text, err := os.ReadFile(req.Dir + "/" + name)
		if err != nil || string(text) != "yyy" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
}
