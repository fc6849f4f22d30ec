//go:build unix

package tarsource_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilexec "k8s.io/client-go/util/exec"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/tarsource"
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
	root := remote(t, cuttable())
	whole, err := transfer.Fetch(t.Context(), request(t, &localexec.Executor{}, root))
	if err != nil {
		t.Fatal(err)
	}
	const first, trailer = int64(len("kubectl-batch 26 characters of a nonce   sha256\n")), 160
	end := first + whole.WireBytes + trailer
	for at := int64(0); at < end; at += 512 {
		testCut(t, root, at)
		testCut(t, root, first+at)
		testCut(t, root, first+at-1)
	}
	for at := end - trailer - 1; at < end; at += 7 {
		testCut(t, root, at)
	}
	testCut(t, root, end-1)
}

func testCut(t *testing.T, root string, at int64) {
	t.Helper()
	want := shown(cuttable())
	req := request(t, &localexec.Executor{Cuts: []int64{at}}, root)
	req.Retries = -1
	result, err := transfer.Fetch(t.Context(), req)
	var incomplete *transfer.IncompleteError
	if !errors.As(err, &incomplete) || result.Complete || result.Digest != "" {
		t.Fatalf("cut at %d: %v, %+v", at, err, result)
	}
	for p, node := range filetree.Read(t, req.Dir) {
		if node.Kind != "dir" && node != want[p] && p != "d/b" && p != "d/c" || len(node.Data) > 1 && node.Data != want["d/b"].Data {
			t.Fatalf("cut at %d: %s is %v", at, p, node)
		}
	}
	if _, err = transfer.Fetch(t.Context(), req); err != nil {
		t.Fatalf("after a cut at %d: %v", at, err)
	}
	if diff := cmp.Diff(want, filetree.Read(t, req.Dir)); diff != "" {
		t.Fatalf("after a cut at %d: -want +got:\n%s", at, diff)
	}
}

func TestCutIsTriedAgain(t *testing.T) {
	root := remote(t, awkward())
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			executor.Cuts = []int64{30, 600_000}
			req := request(t, executor, root)
			result, err := transfer.Fetch(t.Context(), req)
			if err != nil || !result.Whole() || executor.Count() != 3 {
				t.Fatalf("%v after %d attempts, %+v", err, executor.Count(), result)
			}
			if diff := cmp.Diff(shown(awkward()), filetree.Read(t, req.Dir)); diff != "" {
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

func TestNoTools(t *testing.T) {
	root := remote(t, cuttable())
	tests := map[string]struct {
		executor *localexec.Executor
		tool     string
	}{
		"no sh":  {&localexec.Executor{Shell: []string{"/nowhere/sh"}}, "sh"},
		"no tar": {&localexec.Executor{Path: localexec.Links(t, "sh")}, "tar"},
	}
	for name, test := range tests {
		req := request(t, test.executor, root)
		_, err := transfer.Fetch(t.Context(), req)
		if diff := cmp.Diff(error(&tarsource.NoToolsError{Tool: test.tool}), err); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// script is an Executor that behaves as it is told.
type script func(ctx context.Context, argv []string, stdio transport.Stdio) error

func (s script) Exec(ctx context.Context, _ transport.Container, argv []string, stdio transport.Stdio) error {
	return s(ctx, argv, stdio)
}

func says(err error) script {
	return func(context.Context, []string, transport.Stdio) error { return err }
}

func TestExecErrors(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods/exec"}, "helper", errors.New("no"))
	tests := map[string]struct {
		executor script
		want     string
		lost     bool
	}{
		"not executable": {says(utilexec.CodeExitError{Err: errors.New("command terminated with exit code 126"), Code: 126}), `the image of the container has no "sh"`, false},
		"containerd":     {says(errors.New(`OCI runtime exec failed: exec: "sh": executable file not found in $PATH: unknown`)), `the image of the container has no "sh"`, false},
		"forbidden":      {says(forbidden), forbidden.Error(), false},
		"broken":         {says(errors.New("connection refused")), "the stream was lost: connection refused", true},
		"silent":         {says(nil), "the stream was lost: the script did not answer: EOF", true},
		"killed": {func(_ context.Context, _ []string, stdio transport.Stdio) error {
			_, _ = fmt.Fprint(stdio.Err, "sh: \x1b[2Jbroken\n\nbad \xff\n")
			return utilexec.CodeExitError{Err: errors.New("exit code 2"), Code: 2}
		}, `the stream was lost: exit code 2: sh: \u001b[2Jbroken; bad \xff`, true},
		"another program": {func(_ context.Context, _ []string, stdio transport.Stdio) error {
			_, _ = fmt.Fprintln(stdio.Out, "Welcome!")
			return nil
		}, `unexpected answer "Welcome!\n"`, false},
		"chatter": {func(_ context.Context, _ []string, stdio transport.Stdio) error {
			_, err := stdio.Out.Write(make([]byte, 1<<20))
			return err
		}, `unexpected answer "\x00\x00`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tarsource.New(test.executor, locate, "/results").Open(t.Context(), []string{"."})
			var lost *transfer.LostError
			if err == nil || !strings.Contains(err.Error(), test.want) || errors.As(err, &lost) != test.lost {
				t.Errorf("got %v, lost %v", err, errors.As(err, &lost))
			}
		})
	}
}

func TestNoRoot(t *testing.T) {
	for name, executor := range executors(t) {
		t.Run(name, func(t *testing.T) {
			_, err := transfer.Fetch(t.Context(), request(t, executor, "/no/such/mount"))
			if err == nil || !strings.HasPrefix(err.Error(), `opening "/no/such/mount" in the container: `) || executor.Count() != 1 {
				t.Error(err)
			}
		})
	}
}

func TestLocateFails(t *testing.T) {
	want := errors.New("no quota for a helper")
	find := func(context.Context) (transport.Container, error) { return transport.Container{}, want }
	if _, err := tarsource.New(says(nil), find, "/").Open(t.Context(), []string{"."}); !errors.Is(err, want) {
		t.Error(err)
	}
}

func TestBadPaths(t *testing.T) {
	for _, p := range []string{"", "/abs", "../up", "a//b", "a/", "nul\x00"} {
		if _, err := tarsource.New(says(nil), locate, "/").Open(t.Context(), []string{p}); err == nil {
			t.Errorf("%q is taken", p)
		}
	}
}

// TestCloseLeavesNothing closes streams in every state.
func TestCloseLeavesNothing(t *testing.T) {
	root := remote(t, filetree.Tree{"large": filetree.File(strings.Repeat("x", 8<<20))})
	before := runtime.NumGoroutine()
	for _, read := range []int{0, 1, 1 << 20} {
		stream, err := tarsource.New(&localexec.Executor{}, locate, root).Open(t.Context(), []string{"."})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Read(make([]byte, read)); err != nil {
			t.Error(err)
		}
		_ = stream.Close()
		_ = stream.Close()
	}
	for i := 0; runtime.NumGoroutine() > before && i < 100; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

// TestDeafExecutor is one whose program never reads the answer and never ends.
func TestDeafExecutor(t *testing.T) {
	var stopped bool
	deaf := script(func(ctx context.Context, _ []string, _ transport.Stdio) error {
		<-ctx.Done()
		stopped = true
		return ctx.Err()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := tarsource.New(deaf, locate, "/").Open(ctx, []string{"."})
	if err == nil || !stopped {
		t.Error(err, stopped)
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
			_, _ = tarsource.New(spy, locate, root).Open(t.Context(), []string{"."})
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
	const many = 5000
	tree := filetree.Tree{}
	for i := range many {
		tree[fmt.Sprintf("d%d/f%d", i%50, i)] = filetree.File(strconv.Itoa(i)).At(time.Unix(int64(i), 0))
	}
	req := request(t, &localexec.Executor{}, remote(t, tree))
	for _, kept := range []int{0, many} {
		result, err := transfer.Fetch(t.Context(), req)
		if err != nil || result.Files != many || result.Dirs != 50 || result.Kept != kept {
			t.Fatalf("%v, %+v", err, result)
		}
	}
	if diff := cmp.Diff(tree, files(filetree.Read(t, req.Dir))); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func TestSparseFile(t *testing.T) {
	root := remote(t, filetree.Tree{"sparse": filetree.File("begin")})
	at := filepath.Join(root, "sparse")
	if err := errors.Join(os.Truncate(at, 16<<20), os.Chtimes(at, time.Time{}, filetree.Epoch())); err != nil {
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
