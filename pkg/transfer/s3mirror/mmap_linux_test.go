package s3mirror_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
)

// TestStoresThroughMmap: pages that are dirty already are changed again, which leaves no trace in the times of the file.
func TestStoresThroughMmap(t *testing.T) {
	store, backend := s3test.Start(t, nil)
	root := t.TempDir()
	const size = 64 << 10
	file, err := os.Create(filepath.Join(root, "array"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	pages, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Munmap(pages) }()
	r := request(t, root, store)
	for _, content := range []string{"1", "2", "3"} {
		copy(pages, strings.Repeat(content, size))
		copied(t, r)
		if got := text(t, read(t, backend)["array"]); got != strings.Repeat(content, size) {
			t.Errorf("the object begins with %q in place of %s", got[:1], content)
		}
	}
	if result := copied(t, r); result.Kept != 1 {
		t.Errorf("without a store in between %d files are kept", result.Kept)
	}
}
