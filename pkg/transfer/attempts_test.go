package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

var errCut = &transfer.LostError{Cause: errors.New("cut")}

func TestLostListingIsAskedForAgain(t *testing.T) {
	filetree.NeedSymlinks(t)
	tree := []transfer.Item{file("a", 3, 1), symlink("s", "a"), file("b", 600, 1)}
	src := sends(tree...)
	src.listings = append([]listing{{items: tree[:2], err: errCut}}, src.listings...)
	req := requestOf(t, src)
	var causes []string
	req.Pause = func(_ context.Context, retry int, cause error) error {
		causes = append(causes, fmt.Sprint(retry, cause))
		return nil
	}
	result := sourcetest.Fetch(t, req, "")
	compare(t, []string{"1 cut"}, causes)
	compare(t, []int{2, 1}, []int{result.Files, result.Symlinks})
	compare(t, filetree.Tree{"a": node(3, 1), "b": node(600, 1), "s": filetree.Symlink("a")}, filetree.Read(t, req.Dir))
}

// TestOnlyTheRestComesAgain loses two streams after a file each.
func TestOnlyTheRestComesAgain(t *testing.T) {
	src := sends(file("a", 3, 1), file("b", 600, 1), file("c", 3, 1))
	src.contents = []contents{{limit: 1, err: errCut}, {limit: 1, err: errCut}, {}}
	req := requestOf(t, src)
	req.Retries = 1 // each attempt brought something: none counts twice
	result := sourcetest.Fetch(t, req, "")
	compare(t, transfer.Result{Files: 3, Bytes: 606, PlanFiles: 3, PlanBytes: 606, Complete: true, Verified: true}, result,
		cmpopts.IgnoreFields(transfer.Result{}, "Digest"))
	a := want("a", 3)
	b := want("b", 600)
	c := want("c", 3)
	compare(t, [][]transfer.Want{{a, b, c}, {b, c}, {c}}, src.opened)
}

func TestIncomplete(t *testing.T) {
	src := sends(file("a", 3, 1), file("b", 600, 1))
	src.contents = []contents{{limit: 1, err: errCut}, {limit: 0, err: errCut}}
	req := requestOf(t, src)
	req.Retries = 2
	result, err := transfer.Fetch(t.Context(), req)
	if _, ok := errors.AsType[*transfer.IncompleteError](err); !ok {
		t.Fatal(err)
	}
	compare(t, "transfer incomplete after 3 attempts: cut; 1 file is complete locally; run the same command again to resume", err.Error())
	compare(t, []any{1, int64(3), false, "", 3}, []any{result.Files, result.Bytes, result.Complete, result.Digest, len(src.opened)})
	compare(t, filetree.Tree{"a": node(3, 1)}, filetree.Read(t, req.Dir))

	src.contents = []contents{{}}
	second := sourcetest.Fetch(t, req, "")
	compare(t, []int{2, 1}, []int{second.Files, second.Kept})
}

func TestNotRetried(t *testing.T) {
	src := sends(file("a", 3, 1))
	src.contents = []contents{{limit: 0, err: fs.ErrPermission}}
	_, err := transfer.Fetch(t.Context(), requestOf(t, src))
	compare(t, fs.ErrPermission, err, cmpopts.EquateErrors())
	compare(t, 1, len(src.opened))
}

// TestWrongContent has a source whose hash, or whose length, does not fit what came.
func TestWrongContent(t *testing.T) {
	data := []byte("xxx")
	for name, end := range map[string]func(transfer.Item) (transfer.Item, []byte, transfer.FileEnd){
		"hash, said to be still":    func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) { return i, []byte("xyx"), whole(data) },
		"shorter, said to be still": func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) { return i, data[:2], whole(data[:2]) },
		"changed": func(i transfer.Item) (transfer.Item, []byte, transfer.FileEnd) {
			end := whole(data)
			end.State = transfer.Changed
			return i, data, end
		},
	} {
		reason := `could not copy "a": the file keeps changing while it is read`
		if strings.HasSuffix(name, "still") {
			reason = `could not copy "a": content does not match the hash computed by the source`
		}
		for tries, wantErr := range map[int]string{2: "", 3: reason} {
			t.Run(fmt.Sprint(name, tries), func(t *testing.T) {
				src := sends(file("a", 3, 1), file("b", 3, 1))
				damaged := 0
				src.contents = []contents{{answer: func(i int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
					if want.Path == "a" && damaged < tries {
						damaged++
						return end(file("a", 3, 1))
					}
					return src.listedFile(i, want)
				}}}
				req := requestOf(t, src)
				result := sourcetest.Fetch(t, req, wantErr)
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
		"another": {answer: func(int, transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
			return file("other", 3, 1), []byte("xxx"), whole([]byte("xxx"))
		}},
	} {
		src := sends(file("a", 3, 1))
		src.contents = append(src.contents[:0], contents)
		req := requestOf(t, src)
		sourcetest.Fetch(t, req, "sent an unexpected file")
		checkAbsent(t, filepath.Join(req.Dir, "other"))
		_ = name
	}
}

func TestNoRoom(t *testing.T) {
	src := sends(file("a", 1<<60, 1), file("b", 3, 1))
	req := requestOf(t, src)
	_, err := transfer.Fetch(t.Context(), req)
	space, ok := errors.AsType[*transfer.SpaceError](err)
	if !ok || space.Need != 1<<60+3 || space.Free <= 0 {
		t.Fatal(err)
	}
	compare(t, 0, len(src.opened))
	checkAbsent(t, filepath.Dir(req.Dir))
}

func TestCancelledWhileListing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	src := sends(file("a", 3, 1))
	src.listings[0].err = errCut
	req := requestOf(t, src)
	req.Pause = func(context.Context, int, error) error {
		cancel()
		return ctx.Err()
	}
	_, err := transfer.Fetch(ctx, req)
	compare(t, context.Canceled, err, cmpopts.EquateErrors())
	checkAbsent(t, filepath.Dir(req.Dir))
}

// want is what the engine asks for of a file that was listed with a size.
func want(path string, size int64) transfer.Want {
	return transfer.Want{Path: path, Listed: true, Size: size}
}

// TestMoreThanListedIsRefused has a source send more of a file than it listed, or than it announced.
func TestMoreThanListedIsRefused(t *testing.T) {
	many := []byte(strings.Repeat("x", 4<<20))
	for name, tt := range map[string]struct {
		announced int64
		hole      int64
	}{
		"announced":                 {announced: int64(len(many))},
		"not announced":             {announced: 3},
		"a hole, announced":         {announced: 1 << 62, hole: 1 << 62},
		"a hole that is not":        {announced: 3, hole: 1 << 62},
		"a hole of one byte more":   {announced: 3, hole: 4},
		"the longest hole there is": {announced: 3, hole: 1<<63 - 1},
	} {
		t.Run(name, func(t *testing.T) {
			src := sends(file("a", 3, 1), file("b", 3, 1))
			src.contents = []contents{{hole: tt.hole, answer: func(int, transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
				return file("a", tt.announced, 1), many, whole(many)
			}}}
			req := requestOf(t, src)
			_, err := transfer.Fetch(t.Context(), req)
			excess, ok := errors.AsType[*transfer.ExcessError](err)
			if !ok || excess.Path != "a" || excess.Announced != 3 {
				t.Fatalf("got %v", err)
			}
			compare(t, 1, len(src.opened))
			checkAbsent(t, req.Dir)
		})
	}
}

// TestLongerThanListed has files that got longer since they were listed: a small one is
// asked for once more as it is then, of a large one the beginning is taken.
func TestLongerThanListed(t *testing.T) {
	for name, tt := range map[string]struct {
		beyond []int64
		want   int
		grows  []string
	}{
		"once":       {[]int64{600}, 603, nil},
		"each time":  {[]int64{600, 5}, 603, []string{"a"}},
		"very large": {[]int64{1 << 40}, 3, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			src := sends(file("a", 3, 1))
			requests := 0
			src.contents = []contents{{answer: func(_ int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
				item := file("a", want.Size, 1)
				data := []byte(strings.Repeat("x", int(want.Size)))
				end := whole(data)
				if requests < len(tt.beyond) {
					item.Beyond, end.State = tt.beyond[requests], transfer.Growing
				}
				requests++
				return item, data, end
			}}}
			req := requestOf(t, src)
			result := sourcetest.Fetch(t, req, "")
			compare(t, []any{int64(tt.want), int64(tt.want), tt.grows}, []any{result.Bytes, result.PlanBytes, result.Growing})
			compare(t, filetree.Tree{"a": node(tt.want, 1)}, filetree.Read(t, req.Dir))
		})
	}
}

// TestHashOfAHoleStops cancels while a hole is hashed that takes hours.
func TestHashOfAHoleStops(t *testing.T) {
	const size = 8 << 40
	sparse := file("a", size, 1)
	sparse.Stored = 0
	src := sends(sparse)
	began := make(chan struct{})
	src.contents = []contents{{hole: size, answer: func(int, transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
		close(began)
		return sparse, nil, transfer.FileEnd{}
	}}}
	endsSoon(t, began, func(ctx context.Context) error {
		_, err := transfer.Fetch(ctx, requestOf(t, src))
		return err
	})
}

// TestEndlessListStops cancels while a list is read that has no end.
func TestEndlessListStops(t *testing.T) {
	for name, item := range map[string]func(i int) transfer.Item{
		"directories": func(i int) transfer.Item { return directory(fmt.Sprint("d", i)) },
		"symlinks":    func(i int) transfer.Item { return symlink(fmt.Sprint("s", i), "x") },
		"skipped":     func(int) transfer.Item { return directory(".") },
	} {
		t.Run(name, func(t *testing.T) {
			src := sends()
			began := make(chan struct{})
			src.listings[0].endless = func(i int) transfer.Item {
				if i == 100 {
					close(began)
				}
				return item(i)
			}
			req := requestOf(t, src)
			endsSoon(t, began, func(ctx context.Context) error {
				_, err := transfer.Fetch(ctx, req)
				return err
			})
			checkAbsent(t, req.Dir)
		})
	}
}

// endsSoon cancels do when it has begun what takes hours, and fails where it does not end then.
func endsSoon(t *testing.T, began <-chan struct{}, do func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- do(ctx) }()
	<-began
	time.Sleep(10 * time.Millisecond) // nothing depends on it: it is in the middle of its work mostly
	cancel()
	select {
	case err := <-ended:
		compare(t, context.Canceled, err, cmpopts.EquateErrors())
	case <-time.After(time.Minute):
		t.Fatal("it goes on a minute after it was cancelled")
	}
}

// TestNothingIsMadeOfAnUnfinishedList has a list break off: what it named so far is not made.
func TestNothingIsMadeOfAnUnfinishedList(t *testing.T) {
	src := sends(directory("d"), symlink("d/s", "x"), file("d/f", 3, 1))
	src.listings[0].err = fs.ErrPermission
	req := requestOf(t, src)
	_, err := transfer.Fetch(t.Context(), req)
	compare(t, fs.ErrPermission, err, cmpopts.EquateErrors())
	checkAbsent(t, req.Dir)
}

// TestPartsThatAreNotKeptAreNoProgress cuts every stream inside a file, before as much came
// as is worth keeping, or as was kept before.
func TestPartsThatAreNotKeptAreNoProgress(t *testing.T) {
	for name, tt := range map[string]struct{ size, comes int }{"small": {600, 300}, "large": {3 << 20, 1 << 20}} {
		t.Run(name, func(t *testing.T) {
			src := sends(file("a", int64(tt.size), 1))
			src.sum = "nothing like it"
			src.contents = []contents{{cut: errCut, answer: func(int, transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
				if len(src.opened) > 10 {
					t.Fatal("it is tried for ever")
				}
				return file("a", int64(tt.size), 1), []byte(strings.Repeat("x", tt.comes)), transfer.FileEnd{}
			}}}
			req := requestOf(t, src)
			req.Retries = 2
			_, err := transfer.Fetch(t.Context(), req)
			if _, ok := errors.AsType[*transfer.IncompleteError](err); !ok {
				t.Fatal(err)
			}
			if name == "small" { // of no use to the next attempt
				checkAbsent(t, req.Dir)
			}
		})
	}
}
