package s3relay_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// place is where the objects of these tests lie.
var place = s3.Location{Bucket: "results", Prefix: "team/ns/job/uid/id"}

// results are two large files, two small ones and what is no file.
func results(t *testing.T) (root string, tree filetree.Tree) {
	t.Helper()
	tree = filetree.Tree{
		"large": filetree.File(filetree.Noise(9<<20 + 5)), "larger": filetree.File(filetree.Noise(12 << 20)),
		"d/a": filetree.File("a"), "d/b": filetree.File(strings.Repeat("text ", 100_000)), "d/l": filetree.Symlink("a"),
	}
	root = t.TempDir()
	filetree.Write(t, root, tree)
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"large", "larger", "d/a", "d/b"} {
		if err := os.Chtimes(filepath.Join(root, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	return root, tree
}

func keys(t *testing.T, backend gofakes3.Backend) (keys []string) {
	t.Helper()
	list, err := backend.ListBucket("results", nil, gofakes3.ListBucketPage{})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range list.Contents {
		keys = append(keys, strings.TrimPrefix(item.Key, place.Prefix+"/"))
	}
	return keys
}

// TestOnlyTheListStays: each object goes when its files are here, and the rest in the end.
func TestOnlyTheListStays(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root, tree := results(t)
	s := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 4 << 20})
	dir := t.TempDir()
	sourcetest.Fetch(t, transfer.Request{Source: s, SourceID: "x", Dir: dir}, "")
	equalTrees(t, tree, dir)
	if err := s.Wait(); err != nil {
		t.Error(err)
	}
	if got := keys(t, backend); len(got) != 1 || got[0] != "index" {
		t.Errorf("there are %q", got)
	}
}

// TestKeptObjects: --keep-objects leaves all of them.
func TestKeptObjects(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root, _ := results(t)
	s := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 4 << 20, Keep: true})
	sourcetest.Fetch(t, transfer.Request{Source: s, SourceID: "x", Dir: t.TempDir()}, "")
	// large: 0-4, 4-9; larger: 0-4, 4-8, 8-12 MiB; the small files; the list.
	if got := keys(t, backend); len(got) != 7 {
		t.Errorf("there are %q", got)
	}
}

// counter counts what a store is asked for.
type counter struct{ puts, gets atomic.Int64 }

func (c *counter) door(_ http.ResponseWriter, r *http.Request) bool {
	switch {
	case strings.HasSuffix(r.URL.Path, "/index"):
	case r.Method == http.MethodPut:
		c.puts.Add(1)
	case r.Method == http.MethodGet && strings.Contains(r.URL.Path, place.Prefix+"/") && r.Header.Get("Range") == "":
		c.gets.Add(1)
	}
	return false
}

// TestResume: a new process takes what the one before has packed, but not what is another
// file by now.
func TestResume(t *testing.T) {
	count := &counter{}
	store, _ := s3test.Start(t, count.door)
	root, tree := results(t)
	packer := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 4 << 20, Keep: true})
	sourcetest.Fetch(t, transfer.Request{Source: packer, SourceID: "x", Dir: t.TempDir()}, "")
	packed := count.puts.Load()

	tree["d/b"] = filetree.File("another text")
	filetree.Write(t, root, filetree.Tree{"d/b": tree["d/b"]})
	resumed := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 4 << 20, Resume: true})
	dir := t.TempDir()
	sourcetest.Fetch(t, transfer.Request{Source: resumed, SourceID: "x", Dir: dir}, "")
	equalTrees(t, tree, dir)
	if n := count.puts.Load() - packed; packed != 6 || n != 1 {
		t.Errorf("%d objects were packed, and %d again", packed, n)
	}
}

// TestStoreInTrouble: whatever a store says now and then, all comes.
func TestStoreInTrouble(t *testing.T) {
	slowtest.Skip(t)
	clock := &s3test.Clock{}
	for name, trouble := range s3test.Troubles(clock, presigned.DefaultValid) {
		t.Run(name, func(t *testing.T) {
			store, _ := s3test.Start(t, trouble)
			root, tree := results(t)
			s := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 2 << 20, Now: clock.Now})
			dir := t.TempDir()
			sourcetest.Fetch(t, transfer.Request{Source: s, SourceID: "x", Dir: dir, Retries: -1}, "")
			equalTrees(t, tree, dir)
		})
	}
}

// TestRefused: what cannot come right is one sentence, at once.
func TestRefused(t *testing.T) {
	for name, test := range map[string]struct {
		door func(w http.ResponseWriter, r *http.Request) bool
		want string
	}{
		"no right to put": {func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPut && !strings.HasSuffix(r.URL.Path, "/index") && s3test.Answer(w, http.StatusForbidden, "AccessDenied")
		}, "not allowed to write objects"},
		"no right to get": {func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "files-") && s3test.Answer(w, http.StatusForbidden, "AccessDenied")
		}, "not allowed to read objects"},
		"no bucket any more": {func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodPut && s3test.Answer(w, http.StatusNotFound, "NoSuchBucket")
		}, "the bucket does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			store, _ := s3test.Start(t, test.door)
			root := t.TempDir()
			filetree.Write(t, root, filetree.Tree{"a": filetree.File("a")})
			s := source(t, root, s3relay.Options{Store: store, At: place})
			_, err := transfer.Fetch(t.Context(), transfer.Request{Source: s, SourceID: "x", Dir: t.TempDir()})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestNoRightToDelete is told, and does not keep the files from coming.
func TestNoRightToDelete(t *testing.T) {
	store, _ := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodDelete && s3test.Answer(w, http.StatusForbidden, "AccessDenied")
	})
	root, tree := results(t)
	s, dir := source(t, root, s3relay.Options{Store: store, At: place}), t.TempDir()
	sourcetest.Fetch(t, transfer.Request{Source: s, SourceID: "x", Dir: dir}, "")
	equalTrees(t, tree, dir)
	err := s.Wait()
	if refused, ok := errors.AsType[*s3.Error](err); !ok || refused.Code != "AccessDenied" {
		t.Errorf("%v", err)
	}
}

// TestAGrowingFileInPieces: pieces of different moments that fit together are the beginning of
// the file; others are not taken.
func TestAGrowingFileInPieces(t *testing.T) {
	slowtest.Skip(t)
	for name, test := range map[string]struct {
		change  func(*os.File) error
		growing bool
	}{
		"appended": {func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 12<<20); return err }, true},
		"another":  {func(f *os.File) error { _, err := f.WriteAt([]byte("other"), 12<<20-5); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var once sync.Once
			root, tree := results(t)
			store, _ := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/piece-0-") {
					once.Do(func() { filetree.Change(t, filepath.Join(root, "larger"), test.change) })
				}
				return false
			})
			s, dir := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 1 << 20}), t.TempDir()
			result, err := transfer.Fetch(t.Context(), transfer.Request{Source: s, SourceID: "x", Dir: dir, Paths: []string{"larger"}, Parallel: 1})
			if err != nil || (len(result.Growing) == 1) != test.growing {
				t.Fatalf("%v, growing: %q", err, result.Growing)
			}
			got, err := os.ReadFile(filepath.Join(dir, "larger"))
			content, failed := os.ReadFile(filepath.Join(root, "larger"))
			if err != nil || failed != nil || string(got) != string(content[:12<<20]) || len(tree) == 0 {
				t.Errorf("%d bytes came, which are not what the file holds: %v", len(got), errors.Join(err, failed))
			}
		})
	}
}

func equalTrees(t *testing.T, want filetree.Tree, dir string) {
	t.Helper()
	got := filetree.Read(t, dir)
	for name, entry := range want.Shown() {
		if entry.Data != got[name].Data {
			t.Errorf("%s is not what it was", name)
		}
	}
}

// TestGoesOnWithWhatItKnows: after a loss, and with another agent, only what is not in the bucket
// is packed, in the same pieces.
func TestGoesOnWithWhatItKnows(t *testing.T) {
	count := &counter{}
	lost := sync.Once{}
	largest := atomic.Int64{}
	store, _ := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		deleted := false
		largest.Store(max(largest.Load(), r.ContentLength))
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/piece-4194304-") {
			lost.Do(func() { deleted = s3test.Answer(w, http.StatusNotFound, "NoSuchKey") })
		}
		return deleted || count.door(w, r)
	})
	root, tree := results(t)
	s := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 4 << 20})
	dir, losses := t.TempDir(), 0
	sourcetest.Fetch(t, transfer.Request{Source: s, SourceID: "x", Dir: dir, Parallel: 1, Pause: func(context.Context, int, error) error {
		losses++
		s.UseAgent(startAgent(t, root))
		return nil
	}}, "")
	equalTrees(t, tree, dir)
	// One was gone, and as many as may be under way at a time were broken off.
	if n := count.puts.Load(); losses != 1 || n < 7 || n > 10 || largest.Load() > 6<<20 {
		t.Errorf("%d objects of up to %d bytes were packed for 6; %d losses", n, largest.Load(), losses)
	}
}

// TestReplacedAfterTheListing: a large file that another took the place of is not cut off
// without a word.
func TestReplacedAfterTheListing(t *testing.T) {
	slowtest.Skip(t)
	for name, test := range map[string]struct {
		size    int
		growing bool
		want    int
	}{
		"longer":       {15<<20 + 3, true, 12 << 20},
		"shorter":      {7<<20 + 1, false, 7<<20 + 1},
		"much shorter": {5, false, 5},
	} {
		t.Run(name, func(t *testing.T) {
			root, _ := results(t)
			content, once := filetree.Noise(test.size), sync.Once{}
			store, _ := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/index") {
					once.Do(func() { filetree.Write(t, root, filetree.Tree{"larger": filetree.File(content)}) })
				}
				return false
			})
			s, dir := source(t, root, s3relay.Options{Store: store, At: place, Chunk: 1 << 20}), t.TempDir()
			result, err := transfer.Fetch(t.Context(), transfer.Request{Source: s, SourceID: "x", Dir: dir, Paths: []string{"larger"}, Parallel: 1})
			if err != nil || (len(result.Growing) == 1) != test.growing {
				t.Fatalf("%v, growing: %q", err, result.Growing)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "larger")); err != nil || string(got) != content[:test.want] {
				t.Errorf("%d bytes came, which are not what the file holds: %v", len(got), err)
			}
		})
	}
}

// TestStored: what was left can be had without an agent, and had again after a loss.
// TestStoredAsWanted: the list has what was wanted, and links as they are in the tree.
// TestStoredSecondName: of a file that is wanted only under its second name, nothing but that name is skipped.
