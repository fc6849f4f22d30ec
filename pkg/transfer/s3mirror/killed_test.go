package s3mirror_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

func TestGoesOn(t *testing.T) {
	var away atomic.Bool
	count := &counter{}
	var three <-chan struct{} // parts of the large file
	store, backend := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") == "4" && strings.HasSuffix(r.URL.Path, "large") && !away.Swap(true) {
			await(t, three)
			return s3test.Answer(w, http.StatusForbidden, "AccessDenied")
		}
		return count.door(w, r)
	})
	root, tree := results(t)
	r := request(t, root, store)
	r.Parallel = 1
	three = stored(&r, 15<<18)
	if _, err := s3mirror.Copy(t.Context(), r); err == nil || !strings.Contains(err.Error(), "not allowed to write objects") {
		t.Fatal(err)
	}
	if remaining := uploads(t, store); len(remaining) != 1 {
		t.Fatalf("uploads: %q", remaining)
	}
	sentBefore := count.bytes
	count.puts, count.bytes = nil, 0
	copied(t, r)
	// The fourth and the fifth part, of 8/4 MiB, and the other file, of 10/4.
	if sent := count.bytes; sentBefore < 15<<18 || sent < 18<<18 || sent > 19<<18 {
		t.Errorf("%d and %d bytes were sent for 33/4 MiB", sentBefore, count.bytes)
	}
	if remaining := uploads(t, store); remaining != nil || text(t, read(t, backend)["large"]) != tree["large"].Data {
		t.Errorf("left are %q, or the file is not whole", remaining)
	}
}

func TestKilled(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	root, _ := results(t)
	r := request(t, root, store)
	copied(t, r)
	for _, name := range []string{"large", "large", "not ours"} {
		if _, err := store.CreateUpload(t.Context(), place.Bucket, place.Key(name), s3.Attributes{}); err != nil {
			t.Fatal(err)
		}
	}
	var notes []string
	r.Say = func(text string) { notes = append(notes, text) }
	copied(t, r)
	if remaining := uploads(t, store); !slices.Equal(remaining, []string{place.Key("not ours")}) || len(notes) != 1 || !strings.HasPrefix(notes[0], "Deleted the parts of 2 interrupted uploads") {
		t.Errorf("left are %q; %q", remaining, notes)
	}
}

// TestSweepOnlyOfItsTree: uploads are aborted only where index and lock say that they are of one tree, and nobody writes
// the lock any more.
func TestSweepOnlyOfItsTree(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root, _ := results(t)
	copied(t, request(t, root, store))
	for name, test := range map[string]struct {
		lock string
		// old is how long the lock has not been written.
		old    time.Duration
		source string
		count  int
		locked bool
	}{
		"a fresh lock of it":     {`{"id":"x","source":"uid"}`, 0, "uid", 0, true},
		"an old lock of it":      {`{"id":"x","source":"uid"}`, 10 * time.Minute, "uid", 1, false},
		"an old lock of another": {`{"id":"x","source":"other"}`, 10 * time.Minute, "uid", 0, true},
		"an old lock of nothing": {"x", 10 * time.Minute, "uid", 0, true},
		"no lock":                {"", 0, "uid", 1, false},
		"another tree":           {"", 0, "other", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := store.CreateUpload(t.Context(), place.Bucket, place.Key("large"), s3.Attributes{})
			if err != nil {
				t.Fatal(err)
			}
			if test.lock != "" {
				if err := store.Put(t.Context(), place.Bucket, place.Key("kubectl-batch.lock"), []byte(test.lock)); err != nil {
					t.Fatal(err)
				}
			}
			later := s3test.Open(t, s3test.Later(t, store.Endpoint(), test.old))
			count, err := s3mirror.Sweep(t.Context(), later, place, test.source, time.Now)
			_, locked := errors.AsType[*s3mirror.LockedError](err)
			if count != test.count || locked != test.locked || err != nil && !locked || len(uploads(t, store)) != 1-test.count {
				t.Errorf("%d aborted, %d left: %v", count, len(uploads(t, store)), err)
			}
			if lock := read(t, backend)["kubectl-batch.lock"]; (lock != nil) != test.locked {
				t.Errorf("the lock is there: %v", lock != nil)
			}
			_, _ = store.Abort(t.Context(), place.Bucket, s3.Upload{Key: place.Key("large"), ID: id})
			_ = store.Delete(t.Context(), place.Bucket, place.Key("kubectl-batch.lock"))
		})
	}
}

// TestSweepOfNothing: where nothing is, and where there is no bucket, nothing is wrong.
func TestSweepOfNothing(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	for _, location := range []s3.Location{place, {Bucket: "nosuchbucket", Prefix: "x"}} {
		if count, err := s3mirror.Sweep(t.Context(), store, location, "uid", time.Now); count != 0 || err != nil {
			t.Errorf("%s: %d, %v", location, count, err)
		}
	}
}

func TestStays(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store, _ := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") == "3" {
			cancel()
		}
		return r.Method == http.MethodDelete && r.URL.Query().Has("uploadId") && s3test.Answer(w, http.StatusForbidden, "AccessDenied")
	})
	root, _ := results(t)
	r := request(t, root, store)
	remains := false
	r.ReportRemains = func() { remains = true }
	if _, err := s3mirror.Copy(ctx, r); !errors.Is(err, context.Canceled) || !remains || len(uploads(t, store)) == 0 {
		t.Errorf("%v, remains: %v", err, remains)
	}
}

func TestCtrlC(t *testing.T) {
	slowtest.Skip(t)
	ctx, cancel := context.WithCancel(t.Context())
	aborted, once := make(chan struct{}), sync.Once{}
	store, backend := s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		switch {
		case r.Method == http.MethodDelete && r.URL.Query().Has("uploadId"):
			once.Do(func() { close(aborted) })
		case r.URL.Query().Get("partNumber") == "3":
			cancel()
			await(t, aborted) // this part comes late
		}
		return false
	})
	root, _ := results(t)
	r := request(t, root, store)
	if _, err := s3mirror.Copy(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	objects := read(t, backend)
	if remaining := uploads(t, store); remaining != nil || objects["kubectl-batch.lock"] != nil || objects["kubectl-batch.index"] == nil {
		t.Errorf("left are %q, %q", remaining, slices.Sorted(maps.Keys(objects)))
	}
}
