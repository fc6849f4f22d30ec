package s3mirror_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

// A pod sees only a closed connection where the store refuses a part before it has read it. The error has the words in
// which the store refuses this machine.
func TestStoreSaysWhyConnectionsAreClosed(t *testing.T) {
	var closed atomic.Int32
	store, _ := s3test.Start(t, func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case isPart(r):
			closed.Add(1)
			panic(http.ErrAbortHandler)
		case r.Method == http.MethodGet && r.URL.Query().Has("uploadId"):
			return s3test.Answer(w, http.StatusNotFound, "NoSuchUpload")
		}
		return false
	})
	root := t.TempDir()
	filetree.Write(t, root, filetree.Tree{"large": filetree.File(filetree.Noise(11 << 18))})
	_, err := s3mirror.Copy(t.Context(), request(t, root, store))
	if err == nil || !strings.Contains(err.Error(), "NoSuchUpload") || strings.Contains(err.Error(), "cannot reach") || closed.Load() == 0 {
		t.Errorf("%d connections were closed: %v", closed.Load(), err)
	}
}
