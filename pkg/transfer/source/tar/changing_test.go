//go:build unix

package tar_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// TestFilesThatChange: GNU tar says that a file changed as it read it. Where nothing should write any more, that is a
// fault; of a running job the file is named, and the fetch ends well.
func TestFilesThatChange(t *testing.T) {
	slowtest.Skip(t)
	for _, inUse := range []bool{false, true} {
		root := remote(t, filetree.Tree{"log": filetree.File(strings.Repeat("0123456789abcde\n", 4<<20)), "z": filetree.File("z")})
		req := request(t, &localexec.Executor{}, root)
		req.InUse = inUse
		appended := false
		req.Reporter = reporter(func(p transfer.Progress) {
			if appended || p.Bytes == 0 {
				return
			}
			appended = true
			file, err := os.OpenFile(filepath.Join(root, "log"), os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = file.WriteString("one more line\n")
				err = errors.Join(err, file.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
		result, err := transfer.Fetch(t.Context(), req)
		remoteError, faulty := errors.AsType[*transfer.RemoteError](err)
		switch {
		case faulty == inUse || !appended:
			t.Errorf("in use %v: %v", inUse, err)
		case faulty && (remoteError.Status != 1 || len(result.Unsettled) > 0 || result.Complete):
			t.Errorf("%v, %+v", err, result)
		case inUse && (len(result.Messages) > 0 || len(result.Unsettled) != 1 || result.Unsettled[0] != "log" || !result.Whole()):
			t.Errorf("%+v", result)
		}
	}
}
