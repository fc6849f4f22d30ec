//go:build unix

package tar_test

import (
	"crypto/rand"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
)

// BenchmarkFetch brings one random file of 500 MB, with and without a hash.
func BenchmarkFetch(b *testing.B) {
	const size = 500_000_000
	root := localexec.SharedDir(b)
	file, err := os.Create(filepath.Join(root, "random"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyN(file, rand.Reader, size); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	shells := localexec.Shells(b)
	for name, shell := range map[string]string{"hash": "sh", "plain": "plain", "busybox": "busybox"} {
		if shells[shell] == nil {
			continue
		}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				dir := b.TempDir()
				_, err := transfer.Fetch(b.Context(), transfer.Request{
					Source: tar.New(shells[shell](), locate, root), Dir: filepath.Join(dir, "new"),
				})
				if err != nil {
					b.Fatal(err)
				}
				_ = os.RemoveAll(dir) // 500 MB each
			}
		})
	}
}
