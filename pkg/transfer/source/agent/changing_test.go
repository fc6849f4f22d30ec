package agent_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// TestFilesThatChange has a real writer meet a real reader: a file larger than
// all buffers on the way, of which the client has taken one chunk when it changes.
func TestFilesThatChange(t *testing.T) {
	slowtest.Skip(t)
	const size = 48 << 20
	for name, tt := range map[string]struct {
		change func(*os.File) error
		want   transfer.FileState
		short  bool
	}{
		"nothing":   {func(*os.File) error { return nil }, transfer.Still, false},
		"touched":   {func(f *os.File) error { return os.Chtimes(f.Name(), time.Now(), time.Now()) }, transfer.Still, false},
		"appended":  {func(f *os.File) error { _, err := f.WriteAt([]byte("more"), size); return err }, transfer.Growing, false},
		"beginning": {func(f *os.File) error { _, err := f.WriteAt([]byte("other"), 0); return err }, transfer.Changed, false},
		"truncated": {func(f *os.File) error { return f.Truncate(size - 5) }, transfer.Changed, true},
		"both": {func(f *os.File) error {
			_, err := f.WriteAt([]byte("more"), size)
			_, writeErr := f.WriteAt([]byte("other"), 0)
			return errors.Join(err, writeErr)
		}, transfer.Changed, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			path := filepath.Join(root, "f")
			write(t, path, random(size))
			s := source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), "none")
			contents, err := s.Open(t.Context(), []transfer.Want{{Path: "f"}})
			must(t, err)
			defer func() { _ = contents.Close() }()
			_, err = contents.Next()
			must(t, err)
			chunk, err := contents.Chunk()
			must(t, err)
			length := len(chunk.Data)

			file, err := os.OpenFile(path, os.O_RDWR, 0)
			must(t, err)
			defer func() { _ = file.Close() }()
			must(t, tt.change(file))
			for {
				chunk, err = contents.Chunk()
				if errors.Is(err, io.EOF) {
					break
				}
				must(t, err)
				length += len(chunk.Data)
			}
			if got := contents.End().State; got != tt.want || (length < size) != tt.short {
				t.Errorf("state %v, %d of %d bytes", got, length, size)
			}
			if _, err := contents.Next(); !errors.Is(err, io.EOF) {
				t.Error(err)
			}
		})
	}
}

// TestNoMoreThanListed asks for files that got longer since they were listed.
func TestNoMoreThanListed(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "old"), random(1000))
	must(t, os.WriteFile(filepath.Join(root, "new"), random(1000), 0o600))
	s := source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), "auto")
	for _, name := range []string{"old", "new"} {
		for size, state := range map[int64]transfer.FileState{0: transfer.Growing, 10: transfer.Growing, 1000: transfer.Still, 2000: transfer.Still} {
			file := opened(t, s, transfer.Want{Path: name, Listed: true, Size: size})[0]
			sent := min(size, 1000)
			if file.Item.Size != sent || int64(len(file.Data)) != sent || file.Item.Beyond != 1000-sent || file.End.State != state {
				t.Errorf("%s as long as %d: %d bytes, %+v, %v", name, size, len(file.Data), file.Item, file.End.State)
			}
		}
	}
}

// TestAFileOfThisMoment: its times cannot tell yet whether it changes.
func TestAFileOfThisMoment(t *testing.T) {
	root := t.TempDir()
	must(t, os.WriteFile(filepath.Join(root, "f"), random(300_000), 0o600))
	s := source(t, agenttest.Start(t, root, server.Options{}).Local(t), "auto")
	if got := opened(t, s, transfer.Want{Path: "f"})[0].End; got.State != transfer.Still || !got.Hashed {
		t.Errorf("%+v", got)
	}
}

func TestMoreAtOnceThanTheAgentAnswers(t *testing.T) {
	root := t.TempDir()
	for i := range 20 {
		write(t, filepath.Join(root, fmt.Sprintf("d%d/f", i)), random(400_000+i))
	}
	s := source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), "auto")
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			files := opened(t, s, transfer.Want{Path: fmt.Sprintf("d%d/f", i)})
			if len(files[0].Data) != 400_000+i {
				t.Errorf("%d: %d bytes", i, len(files[0].Data))
			}
		})
		group.Go(func() {
			if n := len(listed(t, s, fmt.Sprintf("d%d", i))); n != 2 {
				t.Errorf("%d: %d entries", i, n)
			}
		})
	}
	group.Wait()
}

// TestMoreThanOneRequestHolds asks for more files than one request may name.
func TestMoreThanOneRequestHolds(t *testing.T) {
	slowtest.Skip(t)
	root := t.TempDir()
	write(t, filepath.Join(root, "f"), []byte("x"))
	s := source(t, agenttest.Start(t, root, server.Options{}).Local(t), "auto")
	wants := make([]transfer.Want, 70_000)
	prefixes := make([]transfer.Prefix, len(wants))
	for i := range wants {
		wants[i].Path = "f"
		prefixes[i].Path = "f"
		prefixes[i].Length = -1
	}
	if got := len(opened(t, s, wants...)); got != len(wants) {
		t.Errorf("%d files", got)
	}
	sums, err := s.Sums(t.Context(), prefixes)
	if err != nil || len(sums) != len(prefixes) || sums[len(sums)-1].Length != 1 {
		t.Errorf("%d sums, %v", len(sums), err)
	}
}
