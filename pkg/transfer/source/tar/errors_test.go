//go:build unix

package tar_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilexec "k8s.io/client-go/util/exec"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

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
		if diff := cmp.Diff(error(&tar.NoToolsError{Tool: test.tool}), err); diff != "" {
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
		"not executable": {says(utilexec.CodeExitError{Err: errors.New("command terminated with exit code 126"), Code: 126}), `the container image has no "sh"`, false},
		"containerd":     {says(errors.New(`OCI runtime exec failed: exec: "sh": executable file not found in $PATH: unknown`)), `the container image has no "sh"`, false},
		"forbidden":      {says(forbidden), forbidden.Error(), false},
		"broken":         {says(errors.New("connection refused")), "stream interrupted: connection refused", true},
		"silent":         {says(nil), "stream interrupted: the script did not respond: EOF", true},
		"killed": {func(_ context.Context, _ []string, stdio transport.Stdio) error {
			_, _ = fmt.Fprint(stdio.Err, "sh: \x1b[2Jbroken\n\nbad \xff\n")
			return utilexec.CodeExitError{Err: errors.New("exit code 2"), Code: 2}
		}, `stream interrupted: exit code 2: sh: \x1b[2Jbroken; bad \xff`, true},
		"another program": {func(_ context.Context, _ []string, stdio transport.Stdio) error {
			_, _ = fmt.Fprintln(stdio.Out, "Welcome!")
			return nil
		}, `unexpected response "Welcome!\n"`, false},
		"chatter": {func(_ context.Context, _ []string, stdio transport.Stdio) error {
			_, err := stdio.Out.Write(make([]byte, 1<<20))
			return err
		}, `unexpected response "\x00\x00`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tar.New(test.executor, locate, "/results").Open(t.Context(), []transfer.Want{{Path: "."}})
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
	if _, err := tar.New(says(nil), find, "/").Open(t.Context(), []transfer.Want{{Path: "."}}); !errors.Is(err, want) {
		t.Error(err)
	}
}

func TestBadPaths(t *testing.T) {
	for _, p := range []string{"", "/abs", "../up", "a//b", "a/", "nul\x00"} {
		if _, err := tar.New(says(nil), locate, "/").Open(t.Context(), []transfer.Want{{Path: p}}); err == nil {
			t.Errorf("%q is taken", p)
		}
	}
}

// TestCloseLeavesNothing closes streams in every state.
func TestCloseLeavesNothing(t *testing.T) {
	root := remote(t, filetree.Tree{"large": filetree.File(strings.Repeat("x", 8<<20))})
	atStart := runtime.NumGoroutine()
	for _, read := range []int{0, 1} {
		stream, err := tar.New(&localexec.Executor{}, locate, root).Open(t.Context(), []transfer.Want{{Path: "."}})
		if err != nil {
			t.Fatal(err)
		}
		for range read { // the root, then the file
			_, err := stream.Next()
			if _, nextErr := stream.Next(); err != nil || nextErr != nil {
				t.Error(err, nextErr)
			}
			if _, err := stream.Chunk(); err != nil {
				t.Error(err)
			}
		}
		_ = stream.Close()
		_ = stream.Close()
	}
	for i := 0; runtime.NumGoroutine() > atStart && i < 3000; i++ {
		time.Sleep(10 * time.Millisecond)
	}
	if count := runtime.NumGoroutine(); count > atStart {
		t.Errorf("%d goroutines, %d before", count, atStart)
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
	_, err := tar.New(deaf, locate, "/").Open(ctx, []transfer.Want{{Path: "."}})
	if err == nil || !stopped {
		t.Error(err, stopped)
	}
}
