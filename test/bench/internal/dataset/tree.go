package dataset

import (
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"
)

// A Tree is what is in a directory: names, sizes and contents of its files.
type Tree struct {
	Files  int
	Bytes  int64
	Digest string
}

// Scan reads all of dir. Directories, modes and times do not count.
func Scan(dir string) (Tree, error) {
	var tree Tree
	var record []byte
	treeHash, fileHash := xxh3.New(), xxh3.New()
	buffer := make([]byte, mib)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !entry.Type().IsRegular() {
			return fmt.Errorf("%s: neither a file nor a directory", path)
		}
		fileHash.Reset()
		size, err := hash(fileHash, path, buffer)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		record = fmt.Appendf(record[:0], "%s\x00%d\x00%x\n", name, size, fileHash.Sum128().Bytes())
		_, _ = treeHash.Write(record) // never fails
		tree.Files++
		tree.Bytes += size
		return err
	})
	sum := treeHash.Sum128().Bytes()
	tree.Digest = hex.EncodeToString(sum[:])
	return tree, err
}

func hash(hasher *xxh3.Hasher, path string, buffer []byte) (int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }() // read only
	// Without the struct around it the file would bring a buffer of its own.
	return io.CopyBuffer(hasher, struct{ io.Reader }{file}, buffer)
}

// Compare returns an error that describes how got differs from want.
func Compare(want, got Tree) error {
	if want == got {
		return nil
	}
	if want.Files != got.Files || want.Bytes != got.Bytes {
		return fmt.Errorf("%d files with %d bytes arrived of %d with %d", got.Files, got.Bytes, want.Files, want.Bytes)
	}
	return fmt.Errorf("all %d files arrived with the right number of bytes, but names or contents differ", got.Files)
}
