package flagvalue_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
)

func TestWithoutPath(t *testing.T) {
	_, err := os.Open(t.TempDir() + "/missing")
	if got := flagvalue.WithoutPath(err); !errors.Is(got, fs.ErrNotExist) || got.Error() == err.Error() {
		t.Errorf("%v", got)
	}
	if got := flagvalue.WithoutPath(fs.ErrClosed); !errors.Is(got, fs.ErrClosed) {
		t.Errorf("%v", got)
	}
}
