//go:build linux

package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
)

// logText is what a training run writes.
func logText(n int) []byte {
	numbers := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for step := 0; b.Len() < n; step++ {
		fmt.Fprintf(&b, "2026-05-01 12:%02d:%02d step %d loss=%.6f lr=%.2e grad_norm=%.4f tokens/s=%d\n",
			step/60%60, step%60, step, numbers.Float64(), numbers.Float64()*1e-3, numbers.Float64()*10, numbers.IntN(100000))
	}
	return b.Bytes()[:n]
}

// BenchmarkLoopback has the agent send files to a client on the same machine,
// and counts the processor time of the agent alone.
func BenchmarkLoopback(b *testing.B) {
	const size = 512 << 20
	root := b.TempDir()
	random := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(random)
	old := time.Now().Add(-time.Hour)
	for name, data := range map[string][]byte{"random": random, "text": logText(size)} {
		if err := os.WriteFile(filepath.Join(root, name), data, 0o600); err != nil {
			b.Fatal(err)
		}
		_ = os.Chtimes(filepath.Join(root, name), old, old)
	}
	for way, client := range map[string]func(*process, testing.TB) *http.Client{
		"socket": (*process).local, "tunnel": (*process).tunnel,
	} {
		for _, name := range []string{"random", "text"} {
			for _, codec := range []string{"none", "s2", "zstd", "auto"} {
				b.Run(way+"/"+name+"/"+codec, func(b *testing.B) {
					p := serve(b, root)
					source, err := agent.New(client(p, b), codec)
					if err != nil {
						b.Fatal(err)
					}
					b.SetBytes(size)
					for b.Loop() {
						readAll(b, source, transfer.Want{Path: name})
					}
					seconds := p.processor(b).Seconds()
					b.ReportMetric(float64(b.N)*size/1e6/seconds, "MB/cpu-s")
					b.ReportMetric(float64(p.peak(b))/(1<<20), "MiB-peak")
				})
			}
		}
	}
}

// BenchmarkSmallFiles has the agent list and send 20,000 files of 4 KiB.
func BenchmarkSmallFiles(b *testing.B) {
	const many, size = 20_000, 4 << 10
	root := b.TempDir()
	data := make([]byte, size)
	wants := make([]transfer.Want, many)
	old := time.Now().Add(-time.Hour)
	for i := range wants {
		wants[i].Path = fmt.Sprintf("d%d/a file %d", i/100, i)
		path := filepath.Join(root, wants[i].Path)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		_, _ = rand.NewChaCha8([32]byte{byte(i), byte(i >> 8)}).Read(data)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			b.Fatal(err)
		}
		_ = os.Chtimes(path, old, old)
	}
	p := serve(b, root)
	client := p.tunnel(b)
	source, err := agent.New(client, "auto")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("list", func(b *testing.B) {
		began := p.processor(b)
		for b.Loop() {
			if names, _ := listed(b, client); len(names) <= many {
				b.Fatal(len(names))
			}
		}
		b.ReportMetric(float64(b.N*many)/(p.processor(b)-began).Seconds(), "files/cpu-s")
	})
	b.Run("send", func(b *testing.B) {
		began := p.processor(b)
		for b.Loop() {
			readAll(b, source, wants...)
		}
		b.ReportMetric(float64(b.N*many)/(p.processor(b)-began).Seconds(), "files/cpu-s")
	})
}

func readAll(b *testing.B, source *agent.Source, wants ...transfer.Want) {
	b.Helper()
	contents, err := source.Open(b.Context(), wants)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = contents.Close() }()
	for {
		if _, err := contents.Next(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
