package s3mirror_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/presigned"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// TestStoreInTrouble: whatever a store says now and then, all is there in the end.
func TestStoreInTrouble(t *testing.T) {
	slowtest.Skip(t)
	clock := &s3test.Clock{}
	troubles := s3test.Troubles(clock, presigned.DefaultValid)
	troubles["uploads that are gone"] = s3test.Counted(func(n int64, w http.ResponseWriter, r *http.Request) bool {
		return n%9 == 4 && r.URL.Query().Has("partNumber") && s3test.Answer(w, http.StatusNotFound, "NoSuchUpload")
	})
	var broken atomic.Bool
	troubles["a small file that breaks on its way"] = func(w http.ResponseWriter, r *http.Request) bool {
		return strings.HasSuffix(r.URL.Path, "/small") && broken.CompareAndSwap(false, true) && s3test.Answer(w, http.StatusBadRequest, "BadDigest")
	}
	for name, trouble := range troubles {
		t.Run(name, func(t *testing.T) {
			store, backend := s3test.Start(t, trouble)
			root := t.TempDir()
			filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(13 << 18)), "small": filetree.File("s"), "d/other": filetree.File("o")})
			r := request(t, root, store)
			r.Now, r.Retries = clock.Now, -1
			copied(t, r)
			checkEqual(t, backend, root)
			dir := t.TempDir()
			back(t, store, dir)
		})
	}
}

// checkEqual compares all objects with the files below root.
func checkEqual(t *testing.T, backend gofakes3.Backend, root string) {
	t.Helper()
	for name, object := range read(t, backend) {
		if strings.HasPrefix(name, "kubectl-batch.") {
			continue
		}
		if want, err := os.ReadFile(filepath.Join(root, name)); err != nil || text(t, object) != string(want) {
			t.Errorf("%s is not what it was: %v", name, err)
		}
	}
}

// broken is an agent that is lost now and then.
type broken struct {
	transfer.Source
	agent       s3mirror.Agent
	puts, lists atomic.Int64
}

func (b *broken) Put(ctx context.Context, request wire.PutRequest, report func(wire.PutResult)) error {
	if n := b.puts.Add(1); n == 2 || n == 12 {
		return &transfer.LostError{Cause: errors.New("the test")}
	}
	return b.agent.Put(ctx, request, report)
}

func (b *broken) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	if b.lists.Add(1) == 1 {
		return nil, &transfer.LostError{Cause: errors.New("the test")}
	}
	return b.Source.List(ctx, paths)
}

// TestLostAgent: what is lost with the way to the agent is asked for again.
func TestLostAgent(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root, _ := results(t)
	r := request(t, root, store)
	agent := &broken{Source: r.Source, agent: r.Agent}
	r.Source = agent
	r.Agent = agent
	r.Retries = 2
	result := copied(t, r)
	if checkEqual(t, backend, root); result.Files != 7 {
		t.Errorf("%+v", result)
	}
}

// TestChangingFiles: what is stored is a state that the file had, or its beginning.
func TestChangingFiles(t *testing.T) {
	slowtest.Skip(t)
	for name, test := range map[string]struct {
		file    string
		change  func(*os.File) error
		growing bool
	}{
		"a log that grows":             {"metrics.json", func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 2); return err }, true},
		"a large log that grows":       {"large", func(f *os.File) error { _, err := f.WriteAt([]byte("more"), 23<<18+5); return err }, true},
		"the beginning of a large one": {"large", func(f *os.File) error { _, err := f.WriteAt([]byte("other"), 7); return err }, false},
		"one that gets shorter":        {"large", func(f *os.File) error { return f.Truncate(17 << 18) }, false},
		"one that gets small":          {"large", func(f *os.File) error { return f.Truncate(17) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			root, _ := results(t)
			original, err := os.ReadFile(filepath.Join(root, test.file))
			if err != nil {
				t.Fatal(err)
			}
			once := sync.Once{}
			store, backend := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
				part := r.URL.Query().Get("partNumber")
				if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/"+test.file) && (part == "" || part == "3") {
					once.Do(func() { filetree.Change(t, filepath.Join(root, test.file), test.change) })
				}
				return false
			})
			result := copied(t, request(t, root, store))
			content, err := os.ReadFile(filepath.Join(root, test.file))
			got := text(t, read(t, backend)[test.file])
			if err != nil || got != string(content) && got != string(original) || test.growing != (len(result.Growing) == 1) || !test.growing && got != string(content) {
				t.Errorf("%d bytes are there of %d, before of %d; growing: %q: %v", len(got), len(content), len(original), result.Growing, err)
			}
			if remaining := uploads(t, store); remaining != nil {
				t.Errorf("uploads are left: %q", remaining)
			}
			back(t, store, t.TempDir())
		})
	}
}

// TestNeverStill: a file that changes each time it is read is skipped.
func TestNeverStill(t *testing.T) {
	slowtest.Skip(t)
	root, _ := results(t)
	var n atomic.Int64
	store, backend := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/metrics.json") {
			filetree.Write(t, root, filetree.Tree{"metrics.json": filetree.File(filetree.Noise(int(n.Add(1))))})
		}
		return false
	})
	result, err := s3mirror.Copy(t.Context(), request(t, root, store))
	if _, ok := errors.AsType[*transfer.RefusedError](err); !ok || len(result.Refused) != 1 || n.Load() != 3 {
		t.Errorf("%v after %d tries", err, n.Load())
	}
	if sums := text(t, read(t, backend)["kubectl-batch.sha256"]); strings.Contains(sums, "metrics") || !strings.Contains(sums, "large") {
		t.Errorf("the sums are\n%s", sums)
	}
}

// TestNamesThatCannotBe are skipped, and the rest is copied.
func TestNamesThatCannotBe(t *testing.T) {
	agenttest.NeedLinux(t)
	store, _ := s3test.Start(t, nil)
	root := t.TempDir()
	deep := strings.Repeat(strings.Repeat("d", 200)+"/", 5)
	filetree.Write(t, root, filetree.Tree{
		"kubectl-batch.index": filetree.File("x"), "new\nline": filetree.File("x"), "l\xff": filetree.File("x"), deep + "deep file": filetree.File("x"),
		"to": filetree.Symlink("\xff"), "good": filetree.File("good"),
	})
	result, err := s3mirror.Copy(t.Context(), request(t, root, store))
	if refused, ok := errors.AsType[*transfer.RefusedError](err); !ok || len(refused.Refused) != 5 || result.Files != 1 {
		t.Errorf("%v, %d files", err, result.Files)
	}
}

// TestDownloadGoesOn: a large file goes on from where its sum is known, and comes whole.
func TestDownloadGoesOn(t *testing.T) {
	slowtest.Skip(t)
	var requests atomic.Int64
	count := &counter{}
	written := make(chan struct{}) // what lies before it
	store, backend := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.Header.Get("Range"), "bytes=4194304-") && requests.Add(1) == 1 {
			await(t, written)
			return s3test.Answer(w, http.StatusForbidden, "AccessDenied")
		}
		return count.door(w, r)
	})
	root, tree := results(t)
	copied(t, request(t, root, store))
	stored, err := s3mirror.Open(t.Context(), store, place, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	stopping := &stopping{Source: stored, cancel: cancel, limit: 4 << 20, reached: written}
	_, err = transfer.Fetch(ctx, transfer.Request{Source: stopping, SourceID: "x", Dir: dir, Paths: []string{"large"}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	count.got = 0
	back(t, store, dir)
	got, err := os.ReadFile(filepath.Join(dir, "large"))
	// Of 23/4 MiB 15/4 were here for good, and of the other files 10/4 must come.
	if err != nil || string(got) != tree["large"].Data || count.got > 19<<18 {
		t.Errorf("%d bytes came: %v", count.got, err)
	}
	if len(read(t, backend)) == 0 {
		t.Error("the store is empty")
	}
}

// stopping is a Source whose user gives up at the first error.
type stopping struct {
	transfer.Source
	cancel context.CancelFunc
	// reached is closed when so many bytes were taken.
	limit   int
	reached chan struct{}
}

func (s *stopping) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	contents, err := s.Source.Open(ctx, wants)
	return &stoppingContents{contents, s}, err
}

type stoppingContents struct {
	transfer.Contents
	*stopping
}

func (s *stoppingContents) Chunk() (transfer.Chunk, error) {
	if s.limit == 0 {
		close(s.reached)
	}
	chunk, err := s.Contents.Chunk()
	s.limit -= len(chunk.Data)
	if err != nil && !strings.Contains(err.Error(), "EOF") {
		s.cancel()
	}
	return chunk, err
}

// TestObjectsThatAreNotOurs: what was changed in the bucket, or is gone, does not come as if it were what was put
// there.
func TestObjectsThatAreNotOurs(t *testing.T) {
	slowtest.Skip(t)
	store, backend := s3test.Start(t, nil)
	root, _ := results(t)
	copied(t, request(t, root, store))
	if err := store.Put(t.Context(), place.Bucket, place.Key("metrics.json"), []byte("[]")); err != nil {
		t.Fatal(err)
	}
	if _, err := backend.DeleteObject(s3test.Bucket, place.Key("exact")); err != nil {
		t.Fatal(err)
	}
	stored, err := s3mirror.Open(t.Context(), store, place, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	result, err := transfer.Fetch(t.Context(), transfer.Request{Source: stored, SourceID: "x", Dir: dir})
	if refused, ok := errors.AsType[*transfer.RefusedError](err); !ok || len(refused.Refused) != 2 || result.Files != 4 {
		t.Errorf("%v, %d files", err, result.Files)
	}
	if _, err := os.Stat(filepath.Join(dir, "metrics.json")); err == nil {
		t.Error("the file that was changed is here")
	}
}

// TestTwoAtOnce: the second one is told, and does nothing.
func TestTwoAtOnce(t *testing.T) {
	slowtest.Skip(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	once := sync.Once{}
	store, _ := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/metrics.json") {
			once.Do(func() { close(began); <-goOn })
		}
		return false
	})
	root, _ := results(t)
	original, second := request(t, root, store), request(t, root, store)
	second.ID = "another"
	ended := make(chan error, 1)
	go func() {
		_, err := s3mirror.Copy(t.Context(), original)
		ended <- err
	}()
	<-began
	_, err := s3mirror.Copy(t.Context(), second)
	if locked, ok := errors.AsType[*s3mirror.LockedError](err); !ok {
		t.Errorf("%v, %v", err, locked)
	}
	close(goOn)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	copied(t, second)
}

// TestUnsettledObjects: of a tree in use those files are named that were changed shortly before they were read.
func TestUnsettledObjects(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"a": filetree.File("a"), "d/b": filetree.File("b")})
	r := request(t, root, store)
	r.InUse = true
	if result := copied(t, r); !slices.Equal(result.Unsettled, []string{"a", "d/b"}) {
		t.Errorf("%+v", result)
	}
	r.At.Prefix, r.InUse = "later", false
	if result := copied(t, r); len(result.Unsettled) > 0 {
		t.Errorf("%+v", result)
	}
}
