package s3mirror

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

var place = s3.Location{Bucket: s3test.Bucket, Prefix: "p"}

// TestLockOfAnotherIsNotOverwritten: a holder that slept between its look at the lock and its next stamp leaves the lock
// to the copy that has taken it meanwhile.
func TestLockOfAnotherIsNotOverwritten(t *testing.T) {
	var sleeps atomic.Bool
	var store *s3.Store
	store, _ = s3test.Start(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, lockName) && sleeps.Swap(false) {
			if err := store.Put(t.Context(), place.Bucket, place.Key(lockName), []byte(`{"id":"other","source":"uid"}`)); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	l := newLock(store, place, "mine", "uid", func() {})
	if err := l.acquire(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := l.renew(t.Context()); err != nil {
		t.Errorf("a stamp of its own: %v", err)
	}
	sleeps.Store(true)
	err := l.renew(t.Context())
	if _, locked := errors.AsType[*LockedError](err); !locked {
		t.Errorf("both have it: %v", err)
	}
	if c, err := l.read(t.Context()); err != nil || c.ID != "other" || c.Source != "uid" {
		t.Errorf("it is now %+v, %v", c, err)
	}
	if err := l.release(t.Context()); err != nil {
		t.Error(err)
	}
	if c, err := l.read(t.Context()); err != nil || c.ID != "other" {
		t.Errorf("it was removed: %+v, %v", c, err)
	}
}

// TestLockOfADeadCopyIsTaken once its holder has not written it for as long as it is watched.
func TestLockOfADeadCopyIsTaken(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	if err := store.Put(t.Context(), place.Bucket, place.Key(lockName), []byte(`{"id":"dead","source":"uid"}`)); err != nil {
		t.Fatal(err)
	}
	l := newLock(store, place, "mine", "uid", func() {})
	l.beat, l.patience = 10*time.Millisecond, 30*time.Millisecond
	var notes []string
	began := time.Now()
	if err := l.acquire(t.Context(), func(text string) { notes = append(notes, text) }); err != nil || len(notes) != 1 {
		t.Fatalf("%v, %q", err, notes)
	}
	if took := time.Since(began); took < l.patience {
		t.Errorf("it was taken after %v", took)
	}
	if err := l.release(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLockGone: who finds that the lock was removed has lost it.
func TestLockGone(t *testing.T) {
	store, _ := s3test.Start(t, nil)
	l := newLock(store, place, "mine", "", func() {})
	if err := errors.Join(l.acquire(t.Context(), func(string) {}), store.Delete(t.Context(), place.Bucket, place.Key(lockName))); err != nil {
		t.Fatal(err)
	}
	if _, locked := errors.AsType[*LockedError](l.renew(t.Context())); !locked {
		t.Error("it is taken again")
	}
	if err := l.release(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLockWithoutAnAnswer: a lock whose answer was lost, so that it was written twice, is this copy's.
func TestLockWithoutAnAnswer(t *testing.T) {
	var lost atomic.Bool
	store, _ := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		return r.Method == http.MethodPut && lost.Swap(false) && s3test.Answer(w, http.StatusPreconditionFailed, "PreconditionFailed")
	})
	l := newLock(store, place, "mine", "", func() {})
	if err := l.acquire(t.Context(), func(string) {}); err != nil {
		t.Fatal(err)
	}
	lost.Store(true)
	if err := l.renew(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.release(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestUnknownHashIsRefused: of a file whose beginning is here, and of whose hash up to there nothing is known, nothing
// more is taken: it could not be verified.
func TestUnknownHashIsRefused(t *testing.T) {
	content := bytes.Repeat([]byte("x"), 12<<20)
	store, backend := s3test.Start(t, nil)
	put, err := backend.PutObject(s3test.Bucket, place.Key("f"), nil, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil {
		t.Fatal(err, put)
	}
	object, err := store.Stat(t.Context(), place.Bucket, place.Key("f"))
	if err != nil {
		t.Fatal(err)
	}
	for name, states := range map[string][][]byte{"none": nil, "no state": {[]byte("x")}} {
		t.Run(name, func(t *testing.T) {
			e := &entry{Path: "f", Type: localtree.File, facts: facts{Size: int64(len(content))}, SHA256: make([]byte, 32), ETag: object.ETag, Part: 5 << 20, States: states}
			s := &Stored{store, place, func(_ context.Context, r io.Reader) io.Reader { return r }, index{"f": e}}
			got, err := s.Open(t.Context(), []transfer.Want{{Path: "f", Offset: 5 << 20}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = got.Close() }()
			if item, err := got.Next(); err != nil || item.Refused == "" {
				t.Errorf("%+v, %v", item, err)
			}
		})
	}
}

// TestEndOfPieces: pieces that end too early are an error.
func TestEndOfPieces(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := &contents{ctx: ctx, pieces: make(chan *piece)}
	close(c.pieces)
	if p, err := c.nextPiece(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v, %v", p, err)
	}
}
