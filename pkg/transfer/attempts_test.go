package transfer_test

import (
	"archive/tar"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

func TestLostStreamIsOpenedAgain(t *testing.T) {
	tree := []tar.Header{file("a", 3, 1), file("b", 600, 1), file("c", 3, 1), hardLink("l", "a")}
	var paused []int
	req, src := to(t, sends(t, 0, tree...).cut(2000), sends(t, 0, tree...).cut(3000), sends(t, 0, tree...))
	req.Pause = func(_ context.Context, retry int) error {
		paused = append(paused, retry)
		return nil
	}
	result := fetch(t, req, "")
	want := transfer.Result{Files: 3, HardLinks: 1, Bytes: 606, Complete: true, Verified: true}
	compare(t, want, result, cmpopts.IgnoreFields(transfer.Result{}, "Digest", "WireBytes"))
	compare(t, []int{1, 2}, paused)
	compare(t, [][]string{{"."}, {"."}, {"."}}, src.asked)
	compare(t, filetree.Tree{"a": node(3, 1), "b": node(600, 1), "c": node(3, 1), "l": filetree.Link("a")}, filetree.Read(t, req.Dir))
}

func TestFileThatChangesBetweenAttempts(t *testing.T) {
	req, _ := to(t,
		sends(t, 0, file("a", 3, 1), file("vanishes", 3, 1), file("b", 600, 1)).cut(2600),
		sends(t, 0, file("a", 4, 2), file("b", 600, 1)))
	result := fetch(t, req, "")
	compare(t, node(4, 2), filetree.Read(t, req.Dir)["a"])
	compare(t, []int{2, 0}, []int{result.Files, result.Kept})
}

func TestCountsOfTheLastAttempt(t *testing.T) {
	for status, want := range map[int]string{0: "", 2: "not everything could be read"} {
		req, _ := to(t,
			sends(t, 0, file("vanishes", 3, 1), file("b", 600, 1)).cut(1800),
			sends(t, status, file("b", 600, 1)))
		result := fetch(t, req, want)
		compare(t, []int64{1, 600}, []int64{int64(result.Files), result.Bytes})
	}
}

func TestIncomplete(t *testing.T) {
	tree := []tar.Header{file("a", 3, 1), file("b", 600, 1)}
	req, src := to(t, sends(t, 0, tree...).cut(2000), &stream{err: &transfer.LostError{Cause: errors.New("no pod")}}, sends(t, 0, tree...))
	req.Retries = 1
	result, err := transfer.Fetch(t.Context(), req)
	if _, ok := errors.AsType[*transfer.IncompleteError](err); !ok {
		t.Fatal(err)
	}
	compare(t, "the transfer is incomplete after 2 attempts: no pod; 1 file is here and whole, and the same command again goes on from there", err.Error())
	compare(t, transfer.Result{Files: 1, Bytes: 3, WireBytes: result.WireBytes}, result)
	compare(t, filetree.Tree{"a": node(3, 1)}, filetree.Read(t, req.Dir))

	again := fetch(t, req, "")
	compare(t, []int{2, 1}, []int{again.Files, again.Kept})
	compare(t, 3, len(src.asked))
}

func TestNotRetried(t *testing.T) {
	missing := &transfer.MissingPathError{Paths: []string{"x"}}
	tests := map[string]struct {
		stream *stream
		want   error
	}{
		"missing":   {&stream{err: missing}, missing},
		"remote":    {sends(t, 2, file("a", 3, 1)), &transfer.RemoteError{Status: 2, Messages: []string{"said so"}}},
		"no helper": {&stream{err: fs.ErrPermission}, fs.ErrPermission},
	}
	for name, test := range tests {
		req, src := to(t, test.stream)
		result, err := transfer.Fetch(t.Context(), req)
		if diff := cmp.Diff(test.want, err, cmpopts.EquateErrors()); diff != "" && err.Error() != test.want.Error() {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
		if result.Complete || len(src.asked) != 1 {
			t.Errorf("%s: %+v after %d attempts", name, result, len(src.asked))
		}
	}
}

func TestNoDirectoryForNothing(t *testing.T) {
	root := tar.Header{Name: "./", Typeflag: tar.TypeDir, Mode: 0o755}
	pipe := tar.Header{Name: "pipe", Typeflag: tar.TypeFifo}
	tests := map[string]struct {
		stream *stream
		err    string
		empty  bool
	}{
		"empty":            {sends(t, 0, root), "", true},
		"nothing at all":   {sends(t, 0), "", true},
		"all refused":      {sends(t, 0, root, pipe, symlink("out", "..")), "left out", false},
		"cut in the first": {sends(t, 0, root, file("a", 600, 1)).cut(1500), "incomplete", false},
		"cut at the start": {sends(t, 0, root).cut(0), "incomplete", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			req, _ := to(t, test.stream)
			req.Retries = -1
			result := fetch(t, req, test.err)
			compare(t, test.empty, result.Empty())
			gone(t, filepath.Dir(req.Dir))
		})
	}
}

func TestCancel(t *testing.T) {
	req, _ := to(t, sends(t, 0, file("a", 3, 1), file("large", 4<<20, 1), file("z", 3, 1)))
	ctx, cancel := context.WithCancel(t.Context())
	req.Reporter = reporter(func(p transfer.Progress) {
		if p.Path == "large" {
			cancel()
		}
	})
	_, err := transfer.Fetch(ctx, req)
	compare(t, context.Canceled, err, cmpopts.EquateErrors())
	compare(t, filetree.Tree{"a": node(3, 1)}, filetree.Read(t, req.Dir))
	names, err := filepath.Glob(filepath.Join(req.Receipts, "*.json"))
	if err != nil || len(names) != 1 {
		t.Errorf("receipts: %v, %v", names, err)
	}
}

type reporter func(transfer.Progress)

func (r reporter) Report(p transfer.Progress) { r(p) }

func TestProgress(t *testing.T) {
	req, _ := to(t, sends(t, 0, file("a", 3, 1), file("b", 300<<10, 1), symlink("s", "a")))
	var got []transfer.Progress
	req.Reporter = reporter(func(p transfer.Progress) { got = append(got, p) })
	fetch(t, req, "")
	compare(t, []transfer.Progress{
		{Files: 0, Bytes: 3, Path: "a", Attempt: 1},
		{Files: 1, Bytes: 3, Path: "a", Attempt: 1},
		{Files: 1, Bytes: 3 + 256<<10, Path: "b", Attempt: 1},
		{Files: 1, Bytes: 3 + 300<<10, Path: "b", Attempt: 1},
		{Files: 2, Bytes: 3 + 300<<10, Path: "b", Attempt: 1},
		{Files: 3, Bytes: 3 + 300<<10, Path: "s", Attempt: 1},
	}, got)
}
