package s3mirror_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// manifestOf returns the names in the list of sums.
func manifestOf(t *testing.T, list string) (names []string) {
	t.Helper()
	for line := range strings.Lines(list) {
		_, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok {
			t.Fatalf("%q is no line of sha256sum", line)
		}
		names = append(names, name)
	}
	return names
}

// TestNoTornObject stays of a file that never was still, and the next copy has it without --force, be it
// new or an older one's successor.
func TestNoTornObject(t *testing.T) {
	slowtest.Skip(t)
	for name, earlier := range map[string]bool{"new": false, "fetched before": true} {
		t.Run(name, func(t *testing.T) {
			root, _ := results(t)
			var n, on atomic.Int64
			store, backend := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
				if on.Load() > 0 && r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/metrics.json") {
					filetree.Write(t, root, filetree.Tree{"metrics.json": filetree.File(filetree.Noise(int(n.Add(1)) + 10))})
				}
				return false
			})
			if earlier {
				copied(t, request(t, root, store))
				filetree.Write(t, root, filetree.Tree{"metrics.json": filetree.File("another")})
			}
			on.Store(1)
			if _, err := s3mirror.Copy(t.Context(), request(t, root, store)); err == nil {
				t.Error("a file that changes was taken")
			}
			on.Store(0)
			objects := read(t, backend)
			if sums := manifestOf(t, text(t, objects["kubectl-batch.sha256"])); objects["metrics.json"] != nil || slices.Contains(sums, "metrics.json") {
				t.Errorf("the object is there, or its sum: %q", sums)
			}
			copied(t, request(t, root, store))
			checkEqual(t, backend, root)
		})
	}
}

// TestSumsAreOfWhatIsThere: what somebody overwrote, whose file is gone, has no sum any more.
func TestSumsAreOfWhatIsThere(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"a": filetree.File("a"), "b": filetree.File("b")})
	copied(t, request(t, root, store))
	if err := errors.Join(store.Put(t.Context(), place.Bucket, place.Key("a"), []byte("theirs")), os.Remove(filepath.Join(root, "a"))); err != nil {
		t.Fatal(err)
	}
	copied(t, request(t, root, store))
	if sums := manifestOf(t, text(t, read(t, backend)["kubectl-batch.sha256"])); !slices.Equal(sums, []string{"b"}) {
		t.Errorf("sums are of %q", sums)
	}
}

// TestLinksOfOnce: names that were of one file, and are no more, come back as what each is.
func TestLinksOfOnce(t *testing.T) {
	for _, name := range []string{"x", "y"} {
		store, _ := s3test.Start(t, nil)
		root, dir := t.TempDir(), t.TempDir()
		filetree.Write(t, root, filetree.Tree{"x": filetree.File("old"), "y": filetree.Link("x")})
		copied(t, request(t, root, store))
		stays := map[string]string{"x": "y", "y": "x"}[name]
		if err := errors.Join(os.Remove(filepath.Join(root, "x")), os.Remove(filepath.Join(root, "y"))); err != nil {
			t.Fatal(err)
		}
		filetree.Write(t, root, filetree.Tree{stays: filetree.File("new")})
		copied(t, request(t, root, store))
		back(t, store, dir)
		if got := filetree.Read(t, dir); got[name].Data != "old" || got[stays].Data != "new" {
			t.Errorf("they came as %v", got)
		}
	}
}

// puts is an agent that a test stands before.
type puts func(ctx context.Context, request wire.PutRequest, report func(wire.PutResult)) error

func (p puts) Put(ctx context.Context, request wire.PutRequest, report func(wire.PutResult)) error {
	return p(ctx, request, report)
}

// TestGivesUp: parts that are there already are no progress of the next try.
func TestGivesUp(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(23 << 18))})
	r := request(t, root, store)
	agent, n := r.Agent, atomic.Int64{}
	r.Retries, r.Parallel = 2, 1
	two := stored(&r, 10<<18)
	r.Agent = puts(func(ctx context.Context, request wire.PutRequest, report func(wire.PutResult)) error {
		if n.Add(1) <= 2 {
			return agent.Put(ctx, request, report)
		}
		await(t, two)
		return &transfer.LostError{Cause: errors.New("gone for good")}
	})
	_, err := s3mirror.Copy(t.Context(), r)
	if incomplete, ok := errors.AsType[*transfer.IncompleteError](err); !ok || n.Load() > 20 {
		t.Errorf("%v after %d puts: %v", err, n.Load(), incomplete)
	}
}

// TestUnheardOf: an object of which nobody heard that it is there is ours all the same.
func TestUnheardOf(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"small": filetree.File("s")})
	r := request(t, root, store)
	ctx, cancel := context.WithCancel(t.Context())
	agent := r.Agent
	r.Agent = puts(func(ctx context.Context, request wire.PutRequest, _ func(wire.PutResult)) error {
		err := agent.Put(ctx, request, func(wire.PutResult) {})
		cancel()
		return errors.Join(err, ctx.Err())
	})
	if _, err := s3mirror.Copy(ctx, r); !errors.Is(err, context.Canceled) || read(t, backend)["small"] == nil {
		t.Fatal(err)
	}
	copied(t, request(t, root, store))
}

// lister lists more than there is.
type lister struct {
	transfer.Source
	extra []transfer.Item
}

func (l *lister) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	listing, err := l.Source.List(ctx, paths)
	return &longListing{listing, l.extra}, err
}

type longListing struct {
	transfer.Listing
	extra []transfer.Item
}

func (l *longListing) Next() (transfer.Item, error) {
	item, err := l.Listing.Next()
	if errors.Is(err, io.EOF) && len(l.extra) > 0 {
		item, l.extra = l.extra[0], l.extra[1:]
		return item, nil
	}
	return item, err
}

// TestHostileList: what cannot be in the tree is skipped, and spoils nothing for the next one.
func TestHostileList(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(11 << 18)), "s": filetree.File("s")})
	twice := transfer.Item{Entry: localtree.Entry{Path: "large", Type: localtree.File, Size: 11 << 18}}
	r := request(t, root, store)
	r.Source = &lister{r.Source, []transfer.Item{
		{Entry: localtree.Entry{Path: "../x", Type: localtree.Directory}},
		{Entry: localtree.Entry{Path: "a/../b", Type: localtree.File}},
		{Entry: localtree.Entry{Path: "/etc/x", Type: localtree.Symlink, Target: "y"}},
		{Entry: localtree.Entry{Path: "out", Type: localtree.Symlink, Target: "../../etc"}},
		{Entry: localtree.Entry{Path: "late", Type: localtree.Directory, ModTime: time.Unix(1<<40, 0)}},
		{Entry: localtree.Entry{Path: "odd"}},
		{Entry: localtree.Entry{Path: "\ufffe", Type: localtree.Directory}},
		twice,
	}}
	result, err := s3mirror.Copy(t.Context(), r)
	if _, ok := errors.AsType[*transfer.RefusedError](err); !ok || len(result.Refused) != 6 || len(result.Skipped) != 1 || result.Files != 2 {
		t.Errorf("%v, %d files", err, result.Files)
	}
	copied(t, request(t, root, store))
	if objects := read(t, backend); len(objects) != 4 {
		t.Errorf("%d objects are there", len(objects))
	}
}

// TestHostileAnswers of an agent end in an error, and mark nothing as stored.
func TestHostileAnswers(t *testing.T) {
	for name, result := range map[string]wire.PutResult{
		"no sum": {ETag: `"x"`}, "a short sum": {ETag: `"x"`, Sum: []byte("short")}, "no ETag": {Sum: make([]byte, 32)},
		"a long ETag": {Sum: make([]byte, 32), ETag: strings.Repeat("x", 1000)},
	} {
		t.Run(name, func(t *testing.T) {
			store, backend := s3test.Start(t, nil)
			root := t.TempDir()
			filetree.Write(t, root, filetree.Tree{"s": filetree.File("s")})
			r := request(t, root, store)
			r.Agent = puts(func(_ context.Context, _ wire.PutRequest, report func(wire.PutResult)) error {
				report(result)
				return nil
			})
			if result, err := s3mirror.Copy(t.Context(), r); err == nil || result.Files > 0 {
				t.Errorf("%v, %d files", err, result.Files)
			}
			if objects := read(t, backend); objects["kubectl-batch.sha256"] != nil && text(t, objects["kubectl-batch.sha256"]) != "" {
				t.Error("it has a sum")
			}
		})
	}
}

// TestCompleteWithoutProof: an upload that is gone is none that is complete, whatever had the name before.
func TestCompleteWithoutProof(t *testing.T) {
	var on atomic.Bool
	store, _ := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		return on.Load() && r.Method == http.MethodPost && r.URL.Query().Has("uploadId") && s3test.Answer(w, http.StatusNotFound, "NoSuchUpload")
	})
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(13 << 18))})
	copied(t, request(t, root, store))
	filetree.Change(t, filepath.Join(root, "large"), func(f *os.File) error { _, err := f.WriteAt([]byte("different"), 100); return err })
	on.Store(true)
	if result, err := s3mirror.Copy(t.Context(), request(t, root, store)); err == nil || result.Verified {
		t.Errorf("%v, %+v", err, result)
	}
}

// TestListOfSumsComes also where it could not be written the first time.
func TestListOfSumsComes(t *testing.T) {
	var refuses atomic.Bool
	refuses.Store(true)
	store, backend := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		return refuses.Load() && r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, ".sha256") && s3test.Answer(w, http.StatusForbidden, "AccessDenied")
	})
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"s": filetree.File("s")})
	if _, err := s3mirror.Copy(t.Context(), request(t, root, store)); err == nil {
		t.Error("that it could not be written was not told")
	}
	refuses.Store(false)
	copied(t, request(t, root, store))
	if _, err := backend.DeleteObject(s3test.Bucket, place.Key("kubectl-batch.sha256")); err != nil || read(t, backend)["kubectl-batch.sha256"] != nil {
		t.Fatal(err)
	}
	if result := copied(t, request(t, root, store)); result.Kept != 1 || read(t, backend)["kubectl-batch.sha256"] == nil {
		t.Errorf("it is missing: %+v", result)
	}
}

// TestStartedTogether: one of two goes on.
func TestStartedTogether(t *testing.T) {
	goOn := make(chan struct{})
	store, _ := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Has("partNumber") {
			<-goOn
		}
		return false
	})
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(23 << 18))})
	ended := make(chan error, 2)
	for _, id := range []string{"a", "b"} {
		r := request(t, root, store)
		r.ID = id
		go func() {
			_, err := s3mirror.Copy(t.Context(), r)
			ended <- err
		}()
	}
	err := <-ended
	close(goOn)
	if locked, ok := errors.AsType[*s3mirror.LockedError](err); !ok {
		t.Errorf("%v, %v", err, locked)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
