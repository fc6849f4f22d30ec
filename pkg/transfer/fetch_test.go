package transfer_test

import (
	"archive/tar"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
