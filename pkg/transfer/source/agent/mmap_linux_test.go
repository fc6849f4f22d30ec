package agent_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// TestStoresThroughMmap: pages that are dirty already are changed again, which leaves no trace in the times of the file.
func TestStoresThroughMmap(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "array")
	const size = 1 << 20
	write(t, path, bytes.Repeat([]byte("0"), size))
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer func() { _ = file.Close() }()
	pages, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	must(t, err)
	defer func() { must(t, unix.Munmap(pages)) }()
	fill := func(b byte) {
		for i := range pages {
			pages[i] = b
		}
	}
	fill('1')
	req := transfer.Request{
		Source: source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), "auto"), SourceID: "uid",
		Dir: filepath.Join(t.TempDir(), "dir"), Receipts: t.TempDir(),
	}
	sourcetest.Fetch(t, req, "")
	for _, b := range []byte("23") {
		fill(b)
		result := sourcetest.Fetch(t, req, "")
		text, err := os.ReadFile(filepath.Join(req.Dir, "array"))
		must(t, err)
		if !bytes.Equal(text, bytes.Repeat([]byte{b}, size)) || result.Kept > 0 {
			t.Errorf("the copy begins with %c in place of %c; %d files were kept", text[0], b, result.Kept)
		}
	}
	if result := sourcetest.Fetch(t, req, ""); result.Kept != 1 {
		t.Errorf("without a store in between %d files are kept", result.Kept)
	}
}
