package objects_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/bucket/buckettest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/objects"
)

func TestGoesOn(t *testing.T) {
	var away atomic.Bool
	count := &counter{}
	store, backend := buckettest.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") == "4" && strings.HasSuffix(r.URL.Path, "large") && !away.Swap(true) {
			time.Sleep(time.Second)
			return buckettest.Answer(w, http.StatusForbidden, "AccessDenied")
		}
		return count.door(w, r)
	})
	root, tree := results(t)
	r := request(t, root, store)
	r.Parallel = 1
	if _, err := objects.Copy(t.Context(), r); err == nil || !strings.Contains(err.Error(), "writing to it is refused") {
		t.Fatal(err)
	}
	if left := uploads(t, store); len(left) != 1 {
		t.Fatalf("uploads: %q", left)
	}
	before := count.bytes
	count.puts, count.bytes = nil, 0
	copied(t, r)
	// The fourth and the fifth part, of 8 MiB, and the other file, of 10.
	if sent := count.bytes; before < 15<<20 || sent < 18<<20 || sent > 19<<20 {
		t.Errorf("%d and %d bytes were sent for 33 MiB", before, count.bytes)
	}
	if left := uploads(t, store); left != nil || text(t, read(t, backend)["large"]) != tree["large"].Data {
		t.Errorf("left are %q, or the file is not whole", left)
	}
}

func TestKilled(t *testing.T) {
	store, _ := buckettest.Start(t, nil)
	root, _ := results(t)
	r := request(t, root, store)
	copied(t, r)
	for _, name := range []string{"large", "large", "not ours"} {
		if _, err := store.Begin(t.Context(), here.Bucket, here.Key(name), bucket.Attributes{}); err != nil {
			t.Fatal(err)
		}
	}
	var said []string
	r.Say = func(text string) { said = append(said, text) }
	copied(t, r)
	if left := uploads(t, store); !slices.Equal(left, []string{here.Key("not ours")}) || len(said) != 1 || !strings.HasPrefix(said[0], "Removed the parts of 2 files") {
		t.Errorf("left are %q; %q", left, said)
	}
}

func TestSweep(t *testing.T) {
	store, _ := buckettest.Start(t, nil)
	root, _ := results(t)
	copied(t, request(t, root, store))
	begin := func() {
		if _, err := store.Begin(t.Context(), here.Bucket, here.Key("large"), bucket.Attributes{}); err != nil {
			t.Fatal(err)
		}
		if err := store.Put(t.Context(), here.Bucket, here.Key("kubectl-batch.lock"), []byte("someone")); err != nil {
			t.Fatal(err)
		}
	}
	unknown := func(string) bool { return false }
	later := func() time.Time { return time.Now().Add(2 * time.Hour) }
	begin()
	_, err := objects.Sweep(t.Context(), store, here, time.Now, unknown)
	if _, busy := errors.AsType[*objects.LockedError](err); !busy || len(uploads(t, store)) != 1 {
		t.Errorf("of one that may live: %v", err)
	}
	if count, err := objects.Sweep(t.Context(), store, here, time.Now, func(id string) bool { return id == "someone" }); err != nil || count != 1 {
		t.Errorf("of one that is dead: %d, %v", count, err)
	}
	begin()
	if count, err := objects.Sweep(t.Context(), store, here, later, unknown); err != nil || count != 1 || len(uploads(t, store)) != 0 {
		t.Errorf("of one that is silent: %d, %v", count, err)
	}
}

func TestStays(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store, _ := buckettest.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") == "3" {
			cancel()
		}
		return r.Method == http.MethodDelete && r.URL.Query().Has("uploadId") && buckettest.Answer(w, http.StatusForbidden, "AccessDenied")
	})
	root, _ := results(t)
	r := request(t, root, store)
	stays := false
	r.Stays = func() { stays = true }
	if _, err := objects.Copy(ctx, r); !errors.Is(err, context.Canceled) || !stays || len(uploads(t, store)) == 0 {
		t.Errorf("%v, stays: %v", err, stays)
	}
}

func TestCtrlC(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store, backend := buckettest.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") == "3" {
			cancel()
			time.Sleep(time.Second)
		}
		return false
	})
	root, _ := results(t)
	r := request(t, root, store)
	if _, err := objects.Copy(ctx, r); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	all := read(t, backend)
	if left := uploads(t, store); left != nil || all["kubectl-batch.lock"] != nil || all["kubectl-batch.index"] == nil {
		t.Errorf("left are %q, %q", left, slices.Sorted(maps.Keys(all)))
	}
}
