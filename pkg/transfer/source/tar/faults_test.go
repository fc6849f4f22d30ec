//go:build unix

package tar_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

func cuttable() filetree.Tree {
	return filetree.Tree{
		"a": filetree.File("a"), "d": filetree.Dir(), "d/b": filetree.File(strings.Repeat("b", 5000)),
		"d/c": filetree.Link("d/b"), "e": filetree.Symlink("a"), "empty": filetree.File(""),
	}
}

// TestCuts cuts the exec's output, which exec calls no error, around every block
// and in the trailer: never success, never a half file under its own name, and
// whole the next time.
func TestCuts(t *testing.T) {
	slowtest.Skip(t)
	root := remote(t, cuttable())
	meter := transport.NewMeter(0)
	if _, err := transfer.Fetch(t.Context(), request(t, meter.Executor(&localexec.Executor{}), root)); err != nil {
		t.Fatal(err)
	}
	const header, trailer = int64(len("kubectl-batch 26 characters of a nonce   sha256\n")), 160
	const step = 512
	end := meter.Received()
	for offset := int64(0); offset < end; offset += step {
		testCut(t, root, offset)
		testCut(t, root, header+offset)
		testCut(t, root, header+offset-1)
	}
	for offset := end - trailer - 1; offset < end; offset += 7 {
		testCut(t, root, offset)
	}
	testCut(t, root, end-1)
}

func testCut(t *testing.T, root string, offset int64) {
	t.Helper()
	want := cuttable().Shown()
	req := request(t, &localexec.Executor{Cuts: []int64{offset}}, root)
	req.Retries = -1
	result, err := transfer.Fetch(t.Context(), req)
	var incomplete *transfer.IncompleteError
	if !errors.As(err, &incomplete) || result.Complete || result.Digest != "" {
		t.Fatalf("cut at %d: %v, %+v", offset, err, result)
	}
	for p, node := range filetree.Read(t, req.Dir) {
		if node.Kind != "dir" && node != want[p] && p != "d/b" && p != "d/c" || len(node.Data) > 1 && node.Data != want["d/b"].Data {
			t.Fatalf("cut at %d: %s is %v", offset, p, node)
		}
	}
	if _, err = transfer.Fetch(t.Context(), req); err != nil {
		t.Fatalf("after a cut at %d: %v", offset, err)
	}
	if diff := cmp.Diff(want, filetree.Read(t, req.Dir)); diff != "" {
		t.Fatalf("after a cut at %d: -want +got:\n%s", offset, diff)
	}
}

func TestCutIsTriedAgain(t *testing.T) {
	root := remote(t, filetree.Awkward())
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			executor.Cuts = []int64{30, 600_000}
			req := request(t, executor, root)
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil || !result.Whole() || executor.Count() != 3 {
				t.Fatalf("%v after %d attempts, %+v", err, executor.Count(), result)
			}
			if diff := cmp.Diff(filetree.Awkward().Shown(), filetree.Read(t, req.Dir)); diff != "" {
				t.Error("-want +got:\n", diff)
			}
		})
	}
}

// TestClosedInput ends the script's input at once, as it is when the client has
// gone: the script ends, in the middle of a file too, and that is no success.
func TestClosedInput(t *testing.T) {
	root := remote(t, filetree.Tree{"large": filetree.File(strings.Repeat("0123456789abcdef", 4<<20))})
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			executor.CloseInput = true
			req := request(t, executor, root)
			var incomplete *transfer.IncompleteError
			if _, err := transfer.Fetch(t.Context(), req); !errors.As(err, &incomplete) {
				t.Fatalf("want an IncompleteError, got %v", err)
			}
		})
	}
}

func TestCancelInMidFile(t *testing.T) {
	root := remote(t, filetree.Tree{"a": filetree.File("a"), "large": filetree.File(strings.Repeat("0123456789abcdef", 1<<20))})
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			req.Reporter = reporter(func(p transfer.Progress) {
				if p.Bytes > 1<<20 {
					cancel()
				}
			})
			if _, err := transfer.Fetch(ctx, req); !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			for p := range filetree.Read(t, req.Dir) {
				if p != "a" {
					t.Errorf("left %s", p)
				}
			}
		})
	}
}

type reporter func(transfer.Progress)

func (r reporter) Report(p transfer.Progress) { r(p) }

// TestClientGone kills the reading end in mid-file: the script must end too.
func TestClientGone(t *testing.T) {
	root := remote(t, filetree.Tree{"large": filetree.File(strings.Repeat("0123456789abcdef", 1<<20))})
	for name, shell := range localexec.Shells(t) {
		t.Run(name, func(t *testing.T) {
			executor := shell()
			var argv []string
			spy := script(func(_ context.Context, args []string, _ transport.Stdio) error {
				argv = args
				return errors.New("only looked")
			})
			_, _ = tar.New(spy, locate, root).Open(t.Context(), []transfer.Want{{Path: "."}})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			cmd := exec.CommandContext(ctx, executor.Shell[0], append(executor.Shell[1:], argv[1:]...)...)
			if executor.Path != "" {
				cmd.Env = []string{"PATH=" + executor.Path}
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := out.Read(make([]byte, 100)); err != nil {
				t.Error(err)
			}
			_ = out.Close()
			if _ = cmd.Wait(); ctx.Err() != nil {
				t.Error("the script still runs")
			}
		})
	}
}

func TestManyFiles(t *testing.T) {
	many := 5000
	if testing.Short() {
		many = 500
	}
	tree := filetree.Tree{}
	for i := range many {
		tree[fmt.Sprintf("d%d/f%d", i%50, i)] = filetree.File(strconv.Itoa(i)).At(time.Unix(int64(i), 0))
	}
	localexec.NeedLinux(t)
	root := filetree.QuickDir(t)
	filetree.Write(t, root, tree)
	req := request(t, &localexec.Executor{}, root)
	req.Dir = filepath.Join(filetree.QuickDir(t), "new")
	for _, wantKept := range []int{0, many} {
		result, err := transfer.Fetch(t.Context(), req)
		if err != nil || result.Files != many || result.Dirs != 50 || result.Kept != wantKept {
			t.Fatalf("%v, %+v", err, result)
		}
	}
	if diff := cmp.Diff(tree, files(filetree.Read(t, req.Dir))); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestSparseFile(t *testing.T) {
	root := remote(t, filetree.Tree{"sparse": filetree.File("begin")})
	name := filepath.Join(root, "sparse")
	if err := errors.Join(os.Truncate(name, 16<<20), os.Chtimes(name, time.Time{}, filetree.Epoch())); err != nil {
		t.Fatal(err)
	}
	want := filetree.Read(t, root)
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			req := request(t, executor, root)
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil || result.Bytes != 16<<20 {
				t.Fatalf("%v, %+v", err, result)
			}
			if diff := cmp.Diff(want, filetree.Read(t, req.Dir)); diff != "" {
				t.Error("-want +got:\n", diff)
			}
			info, err := os.Stat(filepath.Join(req.Dir, "sparse"))
			if err != nil {
				t.Fatal(err)
			}
			if blocks := info.Sys().(*syscall.Stat_t).Blocks; blocks > 64 {
				t.Errorf("it takes %d blocks", blocks)
			}
		})
	}
}
