// Package sourcetest is the suite that every transfer.Source must pass: it runs
// transfer.Fetch from a real directory into another, and compares the two.
package sourcetest

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// Mover is a kind of Source under test.
type Mover struct {
	// Open returns a Source of the directory root, which exists.
	Open func(t *testing.T, root string) transfer.Source
	// Lists says that the Source can list. Then only missing files are sent, partial
	// files are resumed, and times have nanoseconds.
	Lists bool
	// Settles says that the Source never reports a file as recent.
	Settles bool
	// Packs says that a small file is read completely before the first chunk is returned.
	Packs bool
}

// Run tests that the mover has all properties of a Source. Its tests run in parallel.
func Run(t *testing.T, m Mover) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Mover){
		"round trip":        roundTrip,
		"second time":       secondTime,
		"paths":             paths,
		"missing path":      missingPath,
		"paths of symlinks": pathsOfSymlinks,
		"filter":            filter,
		"older copies":      olderCopies,
		"foreign files":     foreignFiles,
		"checksum":          checksum,
		"empty tree":        emptyTree,
		"special files":     specialFiles,
		"sockets":           sockets,
		"outside links":     outsideLinks,
		"kept links":        keptLinks,
		"links to others":   linksToOthers,
		"links from within": linksOutOfSubPath,
		"sparse":            sparse,
		"many files":        manyFiles,
		"many links":        manyLinks,
		"plan":              plan,
		"sums":              sums,
		"cut":               cut,
		"cut and killed":    cutAndKilled,
		"cancel":            cancel,
		"locked":            locked,
		"growing":           growing,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, m)
		})
	}
}

// request asks for all of tree, to be put into a directory that is not there yet.
func (m Mover) request(t *testing.T, tree filetree.Tree) (req transfer.Request, root string) {
	t.Helper()
	return m.between(t, tree, localexec.SharedDir(t), filetree.TempDir(t))
}

// quickRequest is request for a tree of many small files.
func (m Mover) quickRequest(t *testing.T, tree filetree.Tree) transfer.Request {
	t.Helper()
	req, _ := m.between(t, tree, filetree.QuickDir(t), filetree.QuickDir(t))
	return req
}

// between asks for tree, which is written to root, to be put into a new directory below dir.
func (m Mover) between(t *testing.T, tree filetree.Tree, root, dir string) (transfer.Request, string) {
	t.Helper()
	filetree.Write(t, root, tree)
	return transfer.Request{
		Source: m.Open(t, root), SourceID: "uid", Layout: Layout(),
		Dir:      filepath.Join(dir, "new", "dir"),
		Receipts: filepath.Join(t.TempDir(), "receipts"),
	}, root
}

// many is how many files a large tree has.
func many() int {
	if testing.Short() {
		return 200
	}
	return 2000
}

// Layout is that of a whole claim at /results.
func Layout() *localtree.Layout { return localtree.NewLayout("", localtree.Mount{Path: "/results"}) }

// Fetch is transfer.Fetch with a part of the expected error; empty means none.
func Fetch(t *testing.T, req transfer.Request, wantErr string) transfer.Result {
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

func compare(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

// awkward is filetree.Awkward with a name that is no text, and a larger file.
func awkward() filetree.Tree {
	tree := filetree.Awkward()
	tree["not \xff UTF-8"] = filetree.File("b")
	tree["large"] = filetree.File(strings.Repeat("0123456789abcdef", 1<<18))
	return tree
}

func roundTrip(t *testing.T, m Mover) {
	req, _ := m.request(t, awkward())
	result := Fetch(t, req, "")
	compare(t, awkward().Shown(), filetree.Read(t, req.Dir))
	compare(t, []int{18, 7, 5, 2, 0}, []int{result.Files, result.Dirs, result.Symlinks, result.HardLinks, result.Kept})
	if !result.Whole() || result.Digest == "" {
		t.Errorf("%+v", result)
	}
}

func secondTime(t *testing.T, m Mover) {
	req, _ := m.request(t, awkward())
	initial := Fetch(t, req, "")
	counted := &counting{Source: req.Source}
	req.Source = counted
	second := Fetch(t, req, "")
	compare(t, 25, second.Kept)
	compare(t, initial.Digest, second.Digest)
	compare(t, awkward().Shown(), filetree.Read(t, req.Dir))
	if m.Lists {
		compare(t, int64(0), counted.bytes.Load())
	}
}

func paths(t *testing.T, m Mover) {
	for _, test := range []struct {
		ask, want []string
	}{
		{[]string{"names/b"}, []string{"names", "names/b"}},
		{[]string{"links/up", "names"}, []string{"links", "links/up", "names", "names/a", "names/b", "names/c"}},
		{[]string{"closed", "-rf"}, []string{"-rf", "closed", "closed/deep", "closed/deep/file", "closed/file"}},
		{[]string{"new\nline", "empty dir", "not \xff UTF-8"}, []string{"empty dir", "new\nline", "not \xff UTF-8"}},
	} {
		req, _ := m.request(t, awkward())
		req.Paths = test.ask
		Fetch(t, req, "")
		var got []string
		for p := range filetree.Read(t, req.Dir) {
			got = append(got, p)
		}
		compare(t, sorted(test.want), sorted(got))
	}
}

func missingPath(t *testing.T, m Mover) {
	req, _ := m.request(t, awkward())
	req.Paths = []string{"names", "nowhere", "closed/file/b"}
	_, err := transfer.Fetch(t.Context(), req)
	missing, ok := errors.AsType[*transfer.MissingPathError](err)
	if !ok {
		t.Fatal(err)
	}
	compare(t, []string{"closed/file/b", "nowhere"}, sorted(missing.Paths))
	if _, err := os.Lstat(req.Dir); err == nil {
		t.Error("the directory is there")
	}
}

// pathsOfSymlinks asks for symlinks: what they lead to comes with them.
func pathsOfSymlinks(t *testing.T, m Mover) {
	for ask, want := range map[string][]string{
		"latest":   {"latest", "runs", "runs/7", "runs/7/model"},
		"absolute": {"absolute", "runs", "runs/7", "runs/7/model"},
		"chain":    {"chain", "latest", "runs", "runs/7", "runs/7/model"},
		"model":    {"model", "runs", "runs/7", "runs/7/model"},
		"dangling": {"dangling"},
	} {
		req, _ := m.request(t, filetree.Tree{
			"runs/7/model": filetree.File("7"), "runs/6/model": filetree.File("6"), "latest": filetree.Symlink("runs/7"), "chain": filetree.Symlink("latest"),
			"absolute": filetree.Symlink("/results/runs/7"), "model": filetree.Symlink("runs/7/model"), "dangling": filetree.Symlink("gone"),
		})
		req.Paths = []string{ask}
		Fetch(t, req, "")
		compare(t, want, slices.Sorted(maps.Keys(filetree.Read(t, req.Dir))))
	}
}
