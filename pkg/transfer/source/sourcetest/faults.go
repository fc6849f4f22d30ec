package sourcetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// counting wraps a Source. It counts the bytes of content, and its streams are lost after
// limit bytes.
type counting struct {
	transfer.Source
	bytes atomic.Int64
	// limit is the number of bytes after which a stream is lost; 0 means never.
	limit int64
	lost  atomic.Int64
	// read is called before each chunk.
	read func()
}

// Open implements transfer.Source.
func (c *counting) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	contents, err := c.Source.Open(ctx, wants)
	if err != nil {
		return nil, err
	}
	return &countingContents{Contents: contents, counting: c, remaining: c.limit}, nil
}

type countingContents struct {
	transfer.Contents
	counting  *counting
	remaining int64
}

// Chunk implements transfer.Contents.
func (c *countingContents) Chunk() (transfer.Chunk, error) {
	if c.counting.read != nil {
		c.counting.read()
	}
	if c.counting.limit > 0 && c.remaining <= 0 {
		c.counting.lost.Add(1)
		return transfer.Chunk{}, &transfer.LostError{Cause: errors.New("cut by the test")}
	}
	chunk, err := c.Contents.Chunk()
	c.remaining -= int64(len(chunk.Data))
	c.counting.bytes.Add(int64(len(chunk.Data)))
	return chunk, err
}

// noise returns size bytes that are not compressible.
func noise(size int) string {
	source := rand.NewChaCha8([32]byte{1})
	data := make([]byte, size)
	_, _ = source.Read(data) // never fails
	return string(data)
}

// cut loses every stream after 3 MiB. Each attempt must make progress.
func cut(t *testing.T, m Mover) {
	tree := filetree.Tree{"a": filetree.File("a"), "large": filetree.File(noise(10 << 20)), "z": filetree.File("z")}
	req, _ := m.request(t, tree)
	source := &counting{Source: req.Source, limit: 3 << 20}
	req.Source = source
	req.Retries = 2
	req.Parallel = 1
	if !m.Lists {
		// Without offsets the large file never comes.
		_, err := transfer.Fetch(t.Context(), req)
		if _, ok := errors.AsType[*transfer.IncompleteError](err); !ok {
			t.Fatal(err)
		}
		source.limit = 0
	}
	Fetch(t, req, "")
	compare(t, tree.Shown(), filetree.Read(t, req.Dir))
	if m.Lists && (source.lost.Load() < 3 || source.bytes.Load() > 11<<20) {
		t.Errorf("lost %d streams, %d bytes came", source.lost.Load(), source.bytes.Load())
	}
}

// cutAndKilled resumes with another call of Fetch, as a new process would.
func cutAndKilled(t *testing.T, m Mover) {
	tree := filetree.Tree{"large": filetree.File(noise(10 << 20))}
	req, root := m.request(t, tree)
	source := &counting{Source: req.Source, limit: 6 << 20}
	whole := req.Source
	req.Source = source
	req.Retries = -1
	req.Parallel = 1
	if _, err := transfer.Fetch(t.Context(), req); err == nil {
		t.Fatal("it was not cut")
	}
	second := &counting{Source: whole}
	req.Source = second
	Fetch(t, req, "")
	compare(t, tree.Shown(), filetree.Read(t, req.Dir))
	if m.Lists && second.bytes.Load() > 5<<20 {
		t.Errorf("%d bytes came again", second.bytes.Load())
	}

	// A partial file of an older version is not resumed.
	req.Dir, req.Source = req.Dir+"2", &counting{Source: whole, limit: 6 << 20}
	if _, err := transfer.Fetch(t.Context(), req); err == nil {
		t.Fatal("it was not cut")
	}
	newer := filetree.Tree{"large": filetree.File("x" + noise(10<<20))}
	filetree.Write(t, root, newer)
	req.Source = whole
	Fetch(t, req, "")
	compare(t, newer.Shown(), filetree.Read(t, req.Dir))
}

// growing appends to a file while it is read.
func growing(t *testing.T, m Mover) {
	if !m.Lists {
		t.Skip("tar itself says that a file changed; tested with it")
	}
	size := 8 << 20
	req, root := m.request(t, filetree.Tree{"log": filetree.File(noise(size)), "other": filetree.File("o")})
	appended := false
	req.Source = &counting{Source: req.Source, read: func() {
		if !appended {
			appended = true
			grow(t, filepath.Join(root, "log"))
		}
	}}
	req.Parallel = 1
	result := Fetch(t, req, "")
	if !m.Packs {
		compare(t, []string{"log"}, result.Growing)
	}
	got := filetree.Read(t, req.Dir)
	compare(t, filetree.Short(noise(size)), got["log"].Data)
}

func grow(t *testing.T, name string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString("one more line\n")
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}
