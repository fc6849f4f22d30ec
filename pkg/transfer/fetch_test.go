package transfer_test

import (
	"archive/tar"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const exists = "it exists here and was not written by fetch, or was changed since; --force overwrites it"

// fetch is Fetch with an expected error text; empty means none.
func fetch(t *testing.T, req transfer.Request, wantErr string) transfer.Result {
	t.Helper()
	result, err := transfer.Fetch(t.Context(), req)
	switch {
	case wantErr == "" && err != nil:
		t.Fatal(err)
	case wantErr != "" && (err == nil || !strings.Contains(err.Error(), wantErr)):
		t.Fatalf("got the error %v, want %s", err, wantErr)
	}
	return result
}

func compare(t *testing.T, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

func TestOlderCopiesAreReplaced(t *testing.T) {
	req, src := to(t,
		sends(t, 0, file("a", 3, 1), file("b", 3, 1), symlink("s", "a")),
		sends(t, 0, file("a", 4, 2), file("b", 3, 1), symlink("s", "b")),
	)
	fetch(t, req, "")
	result := fetch(t, req, "")
	compare(t, filetree.Tree{"a": node(4, 2), "b": node(3, 1), "s": filetree.Symlink("b")}, filetree.Read(t, req.Dir))
	compare(t, 1, result.Kept)
	compare(t, []int{1, 1}, []int{src.streams[0].closed, src.streams[1].closed})
}

func TestOthersFilesAreNot(t *testing.T) {
	tests := map[string]func(t *testing.T, req *transfer.Request){
		"changed since": func(t *testing.T, req *transfer.Request) {
			t.Helper()
			filetree.Write(t, req.Dir, filetree.Tree{"a": filetree.File("mine")})
		},
		"same size, other time": func(t *testing.T, req *transfer.Request) {
			t.Helper()
			filetree.Write(t, req.Dir, filetree.Tree{"a": node(3, 7)})
		},
		"from another source": func(_ *testing.T, req *transfer.Request) { req.SourceID = "other" },
		"no receipts kept":    func(_ *testing.T, req *transfer.Request) { req.Receipts = "" },
		"receipt damaged": func(t *testing.T, req *transfer.Request) {
			t.Helper()
			names, err := filepath.Glob(filepath.Join(req.Receipts, "*"))
			if err != nil || len(names) != 1 {
				t.Fatal(names, err)
			}
			if err := os.Truncate(names[0], 40); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			newer := []tar.Header{file("a", 5, 2), file("new", 1, 1)}
			req, _ := to(t, sends(t, 0, file("a", 3, 1)), sends(t, 0, newer...), sends(t, 0, newer...))
			fetch(t, req, "")
			change(t, &req)
			before := filetree.Read(t, req.Dir)["a"]

			result := fetch(t, req, `left out "a": it exists here`)
			compare(t, filetree.Tree{"a": before, "new": node(1, 1)}, filetree.Read(t, req.Dir))
			compare(t, []transfer.Refusal{{Path: "a", Reason: exists}}, result.Refused)
			if result.Whole() || !result.Complete {
				t.Errorf("counted %+v", result)
			}

			req.Force = true
			if result = fetch(t, req, ""); !result.Whole() {
				t.Errorf("counted %+v", result)
			}
			compare(t, filetree.Tree{"a": node(5, 2), "new": node(1, 1)}, filetree.Read(t, req.Dir))
		})
	}
}

func TestSameFilesAreKept(t *testing.T) {
	req, _ := to(t, sends(t, 0, file("a", 3, 1), symlink("s", "a")))
	local := filetree.Tree{"a": node(3, 1), "s": filetree.Symlink("a")}
	filetree.Write(t, mkdir(t, req.Dir), local)
	compare(t, 2, fetch(t, req, "").Kept)
	compare(t, local, filetree.Read(t, req.Dir))
	gone(t, req.Receipts) // a copy that fetch did not write is not its own
}

func TestForceReplacesNoDirectory(t *testing.T) {
	req, _ := to(t, sends(t, 0, file("d", 1, 1), tar.Header{Name: "f/", Typeflag: tar.TypeDir, Mode: 0o755}))
	local := filetree.Tree{"d": filetree.Dir(), "d/x": filetree.File("x"), "f": filetree.File("f")}
	filetree.Write(t, mkdir(t, req.Dir), local)
	req.Force = true
	result := fetch(t, req, "left out")
	want := []transfer.Refusal{
		{Path: "d", Reason: "a directory is here in its place"},
		{Path: "f", Reason: `"f" is a file here, where a directory is needed`},
	}
	compare(t, want, result.Refused)
	compare(t, local, filetree.Read(t, req.Dir))
}

func mkdir(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

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

// TestDigest holds the digest to the tree, whatever the order it came in and
// whichever name of a file came first.
func TestDigest(t *testing.T) {
	digest := func(headers ...tar.Header) string {
		req, _ := to(t, sends(t, 0, headers...))
		return fetch(t, req, "").Digest
	}
	want := digest(file("a", 3, 1), hardLink("b", "a"), hardLink("c", "a"), file("d", 3, 1))
	compare(t, want, digest(file("d", 3, 1), file("c", 3, 1), hardLink("a", "c"), hardLink("b", "c")))
	for name, other := range map[string]string{
		"size":     digest(file("a", 4, 1), hardLink("b", "a"), hardLink("c", "a"), file("d", 3, 1)),
		"time":     digest(file("a", 3, 2), hardLink("b", "a"), hardLink("c", "a"), file("d", 3, 1)),
		"no link":  digest(file("a", 3, 1), hardLink("b", "a"), file("c", 3, 1), file("d", 3, 1)),
		"one less": digest(file("a", 3, 1), hardLink("b", "a"), hardLink("c", "a")),
	} {
		if other == want || other == "" {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestPathsAreCleaned(t *testing.T) {
	req, src := to(t, sends(t, 0, file("a/b/f", 1, 1), file("c", 1, 1), file("unasked", 1, 1)))
	req.Paths = []string{"a/b/../b", "a/b/f", "c", "./c", "a/bc"}
	fetch(t, req, `left out "unasked": it was not asked for`)
	compare(t, [][]string{{"a/b", "a/bc", "c"}}, src.asked)
	for _, bad := range []string{"..", "/abs", "a/../../b", "nul\x00"} {
		req.Paths = []string{bad}
		fetch(t, req, "is not inside of the tree")
	}
}

func TestDirIsAFile(t *testing.T) {
	req, src := to(t)
	filetree.Write(t, filepath.Dir(filepath.Dir(req.Dir)), filetree.Tree{"new": filetree.File("x")})
	req.Dir = filepath.Dir(req.Dir)
	fetch(t, req, "is not a directory")
	compare(t, 0, len(src.asked))
}

// TestCoarseTimes has a file system that keeps even seconds only, as FAT does.
func TestCoarseTimes(t *testing.T) {
	req, _ := to(t, sends(t, 0, file("a", 3, 11)), sends(t, 0, file("a", 3, 11)), sends(t, 0, file("a", 3, 13)))
	fetch(t, req, "")
	at := filepath.Join(req.Dir, "a")
	round := func() {
		if err := os.Chtimes(at, time.Time{}, time.Unix(10, 0)); err != nil {
			t.Fatal(err)
		}
	}
	round()
	names, _ := filepath.Glob(filepath.Join(req.Receipts, "*.json"))
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.Replace(string(text), `"local":"1970-01-01T00:00:11Z"`, `"local":"1970-01-01T00:00:10Z"`, 1))
	if err := os.WriteFile(names[0], text, 0o600); err != nil {
		t.Fatal(err)
	}
	compare(t, 1, fetch(t, req, "").Kept)
	compare(t, 0, fetch(t, req, "").Kept)
}
