//go:build linux

package main_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// TestStaysSmall lists a directory of very many files, and a tree of very many
// directories, and then reads from eight files at once.
func TestStaysSmall(t *testing.T) {
	root := quickDir(t)
	many := 200_000
	read := 40_000
	if testing.Short() {
		many, read = 10_000, 4_000
	}
	for i := range many {
		name := fmt.Sprintf("a file with a name of some length, number %07d", i)
		if err := syscall.Mknod(filepath.Join(root, name), syscall.S_IFREG|0o644, 0); err != nil {
			t.Fatal(err)
		}
	}
	p := serve(t, root)
	client := p.tunnel(t)
	names, _ := listed(t, client)
	if len(names) != many+1 {
		t.Errorf("%d entries", len(names))
	}
	if peak := p.peak(t); peak > 64<<20 {
		t.Errorf("it took %d MiB to list", peak>>20)
	}
	readAtOnce(t, client, names[1:read+1])
	peak := p.peak(t)
	t.Logf("at most %d MiB", peak>>20)
	if peak > 64<<20 {
		t.Errorf("it took %d MiB to send", peak>>20)
	}
}

// quickDir is a folder in memory, where there is such a thing.
func quickDir(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "batch-agent") //nolint:usetesting // that is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	return folder
}

// readAtOnce asks for all files in each of eight streams.
func readAtOnce(t *testing.T, client *http.Client, names []string) {
	t.Helper()
	source, err := agent.New(client, "zstd")
	if err != nil {
		t.Fatal(err)
	}
	wants := make([]transfer.Want, len(names))
	for i, name := range names {
		wants[i].Path = name
	}
	done := make(chan error)
	for range 8 {
		go func() { done <- toTheEnd(t, source, wants) }()
	}
	for range 8 {
		if err := <-done; !errors.Is(err, io.EOF) {
			t.Error(err)
		}
	}
}

func toTheEnd(t *testing.T, source *agent.Source, wants []transfer.Want) error {
	t.Helper()
	contents, err := source.Open(t.Context(), wants)
	if err != nil {
		return err
	}
	defer func() { _ = contents.Close() }()
	for err == nil {
		_, err = contents.Next()
	}
	return err
}
