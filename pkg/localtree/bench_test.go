package localtree

import (
	"fmt"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// BenchmarkSmallFiles writes files of 4 KiB, a hundred to a directory, with one
// Worker. TMPDIR says on which file system.
func BenchmarkSmallFiles(b *testing.B) {
	data := make([]byte, 4096)
	for i := range data {
		data[i] = byte(i*7 + 1)
	}
	d := newTarget(b, nil)
	worker := d.tree.Worker()
	defer worker.Close()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		entry := smallFile(i)
		if err := d.tree.Validate(&entry); err != nil {
			b.Fatal(err)
		}
		part, err := worker.StartPartial(entry, 0)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := part.Write(data); err != nil {
			b.Fatal(err)
		}
		if _, err := part.Commit(entry); err != nil {
			b.Fatal(err)
		}
	}
	if err := d.tree.Finish(); err != nil {
		b.Fatal(err)
	}
}

func smallFile(i int) Entry {
	return Entry{
		Path: fmt.Sprintf("run/%05d/%02d.npy", i/100, i%100), Type: File, Mode: 0o644,
		Size: 4096, ModTime: filetree.Epoch(),
	}
}

// BenchmarkUnchanged is a second fetch of a tree of which every file is here.
func BenchmarkUnchanged(b *testing.B) {
	const files = 1000
	d := newTarget(b, nil)
	for i := range files {
		d.fill(item{smallFile(i), string(make([]byte, 4096))})
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		entry := smallFile(i % files)
		if err := d.tree.Validate(&entry); err != nil {
			b.Fatal(err)
		}
		local, err := d.tree.Inspect(entry)
		if err != nil || local.Info == nil {
			b.Fatal(local, err)
		}
		if _, err := d.tree.AcceptExisting(entry, local.Info, true); err != nil {
			b.Fatal(err)
		}
	}
}
