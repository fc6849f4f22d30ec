package agent_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// ways are the two ways to an agent.
func ways(t *testing.T, agent *agenttest.Agent) map[string]*http.Client {
	t.Helper()
	return map[string]*http.Client{"socket": agent.Local(t), "tunnel": agent.Tunnel(t)}
}

func source(t testing.TB, client *http.Client, codec string) *agent.Source {
	t.Helper()
	s, err := agent.New(client, codec)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// listed is all of paths, in order of their names.
func listed(t testing.TB, s transfer.Source, paths ...string) []transfer.Item {
	t.Helper()
	listing, err := s.List(t.Context(), paths)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listing.Close() }()
	var items []transfer.Item
	dirs := map[string]bool{".": true}
	for {
		item, err := listing.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if parent := filepath.Dir(item.Path); len(paths) == 1 && paths[0] == "." && !dirs[parent] {
			t.Errorf("%q came before its directory", item.Path)
		}
		dirs[item.Path] = true
		items = append(items, item)
	}
	slices.SortFunc(items, func(a, b transfer.Item) int { return strings.Compare(a.Path, b.Path) })
	return items
}

// got is one file as it came.
type got struct {
	Item  transfer.Item
	Data  string
	Holes int64
	End   transfer.FileEnd
}

// opened is the content of all wants.
func opened(t testing.TB, s transfer.Source, wants ...transfer.Want) []got {
	t.Helper()
	files, err := drain(t, s, wants)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func drain(t testing.TB, s transfer.Source, wants []transfer.Want) (files []got, err error) {
	t.Helper()
	contents, err := s.Open(t.Context(), wants)
	if err != nil {
		return nil, err
	}
	defer func() { _ = contents.Close() }()
	for {
		item, err := contents.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return files, err
		}
		file := got{Item: item}
		hash := xxh3.New()
		var data []byte
		for {
			chunk, err := contents.Chunk()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return files, err
			}
			bytes := chunk.Data
			if chunk.Hole > 0 {
				bytes = make([]byte, chunk.Hole)
				file.Holes += chunk.Hole
			}
			_, _ = hash.Write(bytes)
			data = append(data, bytes...)
		}
		file.Data, file.End = string(data), contents.End()
		if file.End.Hashed && hash.Sum128().Bytes() != file.End.Sum {
			t.Errorf("%q: the hash is another than that of what came", item.Path)
		}
		files = append(files, file)
	}
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
}

func random(n int) []byte {
	data := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	return data
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
