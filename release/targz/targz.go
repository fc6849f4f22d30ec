// Package targz writes archives that depend only on their content.
//
// The same entries and the same time give the same bytes, independent of the user, the
// machine and the order, with one version of Go. Another version of Go
// may give other bytes, because its compressor may differ.
package targz

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"slices"
	"time"
)

// Entry is one regular file of an archive.
type Entry struct {
	Name string
	Mode int64
	Data []byte
}

// Pack writes the entries in the order of their names. All of them belong to user 0
// and group 0, and have the one time.
func Pack(w io.Writer, modified time.Time, entries ...Entry) error {
	packer, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(packer)
	sorted := slices.SortedFunc(slices.Values(entries), func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
	for _, entry := range sorted {
		if err := add(archive, modified, entry); err != nil {
			return fmt.Errorf("packing %s: %w", entry.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return packer.Close()
}

func add(archive *tar.Writer, modified time.Time, entry Entry) error {
	header := &tar.Header{
		Format:   tar.FormatUSTAR, // has no room for other times, nor for anything of this machine
		Typeflag: tar.TypeReg,
		Name:     entry.Name,
		Mode:     entry.Mode,
		Size:     int64(len(entry.Data)),
		ModTime:  modified,
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := archive.Write(entry.Data)
	return err
}
