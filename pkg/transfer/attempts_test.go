package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/movertest"
)

var errCut = &transfer.LostError{Cause: errors.New("cut")}

func TestLostListingIsAskedForAgain(t *testing.T) {
	filetree.NeedSymlinks(t)
	tree := []transfer.Item{file("a", 3, 1), symlink("s", "a"), file("b", 600, 1)}
	src := sends(tree...)
	src.listings = append([]listing{{items: tree[:2], err: errCut}}, src.listings...)
	req := to(t, src)
	var causes []string
	req.Pause = func(_ context.Context, retry int, cause error) error {
		causes = append(causes, fmt.Sprint(retry, cause))
		return nil
	}
	result := movertest.Fetch(t, req, "")
	compare(t, []string{"1 cut"}, causes)
	compare(t, []int{2, 1}, []int{result.Files, result.Symlinks})
	compare(t, filetree.Tree{"a": node(3, 1), "b": node(600, 1), "s": filetree.Symlink("a")}, filetree.Read(t, req.Dir))
}

// TestOnlyTheRestComesAgain loses two streams after a file each.
func TestOnlyTheRestComesAgain(t *testing.T) {
	src := sends(file("a", 3, 1), file("b", 600, 1), file("c", 3, 1))
	src.contents = []contents{{after: 1, err: errCut}, {after: 1, err: errCut}, {}}
	req := to(t, src)
	req.Retries = 1 // each attempt brought something: none counts twice
	result := movertest.Fetch(t, req, "")
	compare(t, transfer.Result{Files: 3, Bytes: 606, PlanFiles: 3, PlanBytes: 606, Complete: true, Verified: true}, result,
		cmpopts.IgnoreFields(transfer.Result{}, "Digest"))
	compare(t, [][]transfer.Want{{{Path: "a"}, {Path: "b"}, {Path: "c"}}, {{Path: "b"}, {Path: "c"}}, {{Path: "c"}}}, src.opened)
}

func TestIncomplete(t *testing.T) {
	src := sends(file("a", 3, 1), file("b", 600, 1))
	src.contents = []contents{{after: 1, err: errCut}, {after: 0, err: errCut}}
	req := to(t, src)
	req.Retries = 2
	result, err := transfer.Fetch(t.Context(), req)
	if _, ok := errors.AsType[*transfer.IncompleteError](err); !ok {
		t.Fatal(err)
	}
	compare(t, "the transfer is incomplete after 3 attempts: cut; 1 file is here and whole, and the same command again goes on from there", err.Error())
	compare(t, []any{1, int64(3), false, "", 3}, []any{result.Files, result.Bytes, result.Complete, result.Digest, len(src.opened)})
	compare(t, filetree.Tree{"a": node(3, 1)}, filetree.Read(t, req.Dir))

	src.contents = []contents{{}}
	again := movertest.Fetch(t, req, "")
	compare(t, []int{2, 1}, []int{again.Files, again.Kept})
}

func TestNotRetried(t *testing.T) {
	src := sends(file("a", 3, 1))
	src.contents = []contents{{after: 0, err: fs.ErrPermission}}
	_, err := transfer.Fetch(t.Context(), to(t, src))
	compare(t, fs.ErrPermission, err, cmpopts.EquateErrors())
	compare(t, 1, len(src.opened))
}

// TestWrongContent has a source whose hash, or whose length, does not fit what came.
func TestWrongContent(t *testing.T) {
	data := []byte("xxx")
	for name, end := range map[string]func(transfer.Item) (transfer.Item, []byte, transfer.FileEnd){
		"hash":    func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) { return i, []byte("xyx"), whole(data) },
		"shorter": func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) { return i, data[:2], whole(data[:2]) },
		"longer": func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) {
			return i, []byte("xxxx"), whole([]byte("xxxx"))
		},
		"changed": func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) {
			end := whole(data)
			end.State = transfer.Changed
			return i, data, end
		},
	} {
		for tries, wantErr := range map[int]string{2: "", 3: `left out "a": it keeps changing while it is read`} {
			t.Run(fmt.Sprint(name, tries), func(t *testing.T) {
				src := sends(file("a", 3, 1), file("b", 3, 1))
				bad := 0
				src.contents = []contents{{of: func(i int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
					if want.Path == "a" && bad < tries {
						bad++
						return end(file("a", 3, 1))
					}
					return src.listedFile(i, want)
				}}}
				req := to(t, src)
				result := movertest.Fetch(t, req, wantErr)
				got := filetree.Read(t, req.Dir)
				if wantErr == "" {
					compare(t, filetree.Tree{"a": node(3, 1), "b": node(3, 1)}, got)
					return
				}
				compare(t, filetree.Tree{"b": node(3, 1)}, got)
				if result.Complete && result.Whole() {
					t.Errorf("%+v", result)
				}
			})
		}
	}
}

func TestUnaskedContent(t *testing.T) {
	for name, contents := range map[string]contents{
		"another": {of: func(int, transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
			return file("other", 3, 1), []byte("xxx"), whole([]byte("xxx"))
		}},
	} {
		src := sends(file("a", 3, 1))
		src.contents = append(src.contents[:0], contents)
		req := to(t, src)
		movertest.Fetch(t, req, "was not asked for")
		gone(t, filepath.Join(req.Dir, "other"))
		_ = name
	}
}

func TestNoRoom(t *testing.T) {
	src := sends(file("a", 1<<60, 1), file("b", 3, 1))
	req := to(t, src)
	_, err := transfer.Fetch(t.Context(), req)
	space, ok := errors.AsType[*transfer.SpaceError](err)
	if !ok || space.Need != 1<<60+3 || space.Free <= 0 {
		t.Fatal(err)
	}
	compare(t, 0, len(src.opened))
	gone(t, filepath.Dir(req.Dir))
}

func TestCancelledWhileListing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	src := sends(file("a", 3, 1))
	src.listings[0].err = errCut
	req := to(t, src)
	req.Pause = func(context.Context, int, error) error {
		cancel()
		return ctx.Err()
	}
	_, err := transfer.Fetch(ctx, req)
	compare(t, context.Canceled, err, cmpopts.EquateErrors())
	gone(t, filepath.Dir(req.Dir))
}
