package s3mirror_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
)

// TestBusyStoreStopsOnlyWhatItRefuses: of a store that refuses every third request as too busy, many small files come
// about as soon as they went there: each request pauses for itself. A pause for all of them together would soon be 80 ms
// each time.
func TestBusyStoreStopsOnlyWhatItRefuses(t *testing.T) {
	slowtest.Skip(t)
	store, _ := s3test.Start(t, s3test.Counted(func(n int64, w http.ResponseWriter, _ *http.Request) bool {
		return n%3 == 0 && s3test.Answer(w, http.StatusServiceUnavailable, "SlowDown")
	}))
	root, tree := t.TempDir(), filetree.Tree{}
	for i := range 306 {
		tree[fmt.Sprintf("d/%d", i)] = filetree.File(strconv.Itoa(i))
	}
	filetree.Write(t, root, tree)
	copied(t, request(t, root, store))
	began := time.Now()
	back(t, store, t.TempDir())
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	} else {
		t.Log(took)
	}
}
