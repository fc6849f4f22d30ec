package s3mirror_test

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// killing is a store before which a copy is killed: it keeps the index as it was at a moment.
type killing struct {
	count counter
	// when reports whether a request is the moment.
	when func(*http.Request) bool

	mu      sync.Mutex
	backend gofakes3.Backend
	index   string
	uploads map[string]bool // of the copy that is killed
	dead    bool
	// etag is what the store calls the object that was put together: the fake one differs from S3 in that.
	etag string
}

// door, once the copy is dead, closes the connection of parts whose upload is gone, as stores do that refuse
// a part before they have read it.
func (k *killing) door(t *testing.T) s3test.Door {
	return func(w http.ResponseWriter, r *http.Request) bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.backend != nil && k.index == "" && k.when(r) {
			k.index = text(t, read(t, k.backend)["kubectl-batch.index"])
		}
		if id := r.URL.Query().Get("uploadId"); !k.dead {
			k.uploads[id] = true
		} else if isPart(r) && k.uploads[id] {
			panic(http.ErrAbortHandler)
		}
		if k.etag != "" && k.dead && r.Method == http.MethodHead {
			w.Header().Set("ETag", k.etag)
			w.Header().Set("Content-Length", strconv.Itoa(23<<18+5))
			return true
		}
		return k.count.door(w, r)
	}
}

// combined is the ETag that S3 gives an object which was put together of parts.
func combined(content string) string {
	sums, n := md5.New(), 0
	for part := range slices.Chunk([]byte(content), 5<<18) {
		sum := md5.Sum(part)
		_, _ = sums.Write(sum[:])
		n++
	}
	return fmt.Sprintf(`"%x-%d"`, sums.Sum(nil), n)
}

// restore has the bucket hold what a copy leaves that is killed at the moment, in whatever the store was in.
func (k *killing) restore(t *testing.T, store *s3.Store) {
	t.Helper()
	k.mu.Lock()
	index := k.index
	k.mu.Unlock()
	if index == "" {
		t.Fatal("the moment did not come")
	}
	for name, content := range map[string]string{"kubectl-batch.index": index, "kubectl-batch.lock": t.Name()} {
		if err := store.Put(t.Context(), place.Bucket, place.Key(name), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.backend.DeleteObject(s3test.Bucket, place.Key("kubectl-batch.sha256")); err != nil {
		t.Fatal(err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead = true
	k.count.puts = nil
	k.count.bytes = 0
}

func isComplete(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

// TestResumesAfterKill: the index of a copy that was killed is older than what the store has; the next copy
// comes to its end by itself, and sends again only what is not proven to be there.
func TestResumesAfterKill(t *testing.T) {
	slowtest.Skip(t)
	content := filetree.Noise(23<<18 + 5)
	for name, test := range map[string]struct {
		when func(*http.Request) bool
		etag string
		sent bool
	}{
		"as the parts are put together":     {isComplete, combined(content), false},
		"where the ETag proves nothing":     {isComplete, "", true},
		"where another object is there now": {isComplete, combined(content + "x"), true},
		"long before":                       {func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == "3" }, combined(content), true},
	} {
		t.Run(name, func(t *testing.T) {
			k := &killing{when: test.when, uploads: map[string]bool{}}
			store, backend := s3test.Start(t, k.door(t))
			k.backend = backend
			root := t.TempDir()
			filetree.Write(t, root, filetree.Tree{"large": filetree.File(content)})
			r := request(t, root, store)
			copied(t, r)
			k.restore(t, store)
			k.etag = test.etag
			result := copied(t, r)
			if sent := k.count.bytes > 0; sent != test.sent || !result.Verified || result.Files != 1 {
				t.Errorf("%d bytes were sent: %+v", k.count.bytes, result)
			}
			checkEqual(t, backend, root)
			if remaining := uploads(t, store); remaining != nil {
				t.Errorf("uploads are left: %q", remaining)
			}
		})
	}
}

// TestResumesNothingOfOthers: an object that took the place of the one that was put together is not taken for it.
func TestResumesNothingOfOthers(t *testing.T) {
	k := &killing{when: isComplete, uploads: map[string]bool{}}
	store, backend := s3test.Start(t, k.door(t))
	k.backend = backend
	root := t.TempDir()
	content := filetree.Noise(11 << 18)
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(content)})
	r := request(t, root, store)
	copied(t, r)
	k.restore(t, store)
	if err := store.Put(t.Context(), place.Bucket, place.Key("large"), bytes.Repeat([]byte("x"), len(content))); err != nil {
		t.Fatal(err)
	}
	copied(t, r)
	if k.count.bytes < int64(len(content)) {
		t.Errorf("%d bytes were sent", k.count.bytes)
	}
	checkEqual(t, backend, root)
}

// TestResumesWithoutLostParts: a part that the store has lost, or has another of, is sent again.
func TestResumesWithoutLostParts(t *testing.T) {
	var refuses sync.Once
	count, broken := &counter{}, false
	store, backend := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("partNumber") == "4" {
			refuses.Do(func() { broken = true })
		}
		return broken && isPart(r) && r.URL.Query().Get("partNumber") == "4" && s3test.Answer(w, http.StatusForbidden, "AccessDenied") || count.door(w, r)
	})
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(23 << 18))})
	r := request(t, root, store)
	if _, err := s3mirror.Copy(t.Context(), r); err == nil {
		t.Fatal("it came to its end")
	}
	broken = false
	for upload, err := range store.Uploads(t.Context(), place.Bucket, "") {
		if err != nil {
			t.Fatal(err)
		}
		signed, err := store.SignPart(t.Context(), place.Bucket, upload, 2, r.Valid+1e9)
		if err != nil {
			t.Fatal(err)
		}
		put, err := http.NewRequestWithContext(t.Context(), http.MethodPut, signed.URL, bytes.NewReader(make([]byte, 5<<18)))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(put)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatal(err, answer)
		}
		_ = answer.Body.Close()
	}
	count.bytes = 0
	copied(t, r)
	if count.bytes != 18<<18 { // from the second part on
		t.Errorf("%d bytes were sent", count.bytes)
	}
	checkEqual(t, backend, root)
	if info, err := os.Stat(filepath.Join(root, "large")); err != nil || info.Size() != 23<<18 {
		t.Error(err)
	}
}

func isPart(r *http.Request) bool { return r.URL.Query().Has("partNumber") }
