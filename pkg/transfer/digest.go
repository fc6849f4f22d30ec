package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// digest is the hash of the tree's list. It is the same for every order in which
// a source sends the tree: of the names of one file any may come first and be
// the file, so each of them is listed as the file, with the least name of all.
func digest(records []record) string {
	least := map[string]string{} // first name of a file -> least name
	for _, rec := range records {
		if rec.Type == archive.HardLink {
			first := leastOf(least, rec.Target)
			least[rec.Target] = min(first, rec.Path)
		}
	}
	lines := make([]string, 0, len(records))
	for _, rec := range records {
		lines = append(lines, line(rec.Entry, least))
	}
	slices.Sort(lines)
	hash := sha256.New()
	for _, line := range lines {
		hash.Write([]byte(line))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func leastOf(least map[string]string, first string) string {
	if name, ok := least[first]; ok {
		return name
	}
	return first
}

func line(entry archive.Entry, least map[string]string) string {
	target := entry.Target
	switch entry.Type {
	case archive.HardLink:
		entry.Type, target = archive.File, leastOf(least, entry.Target)
	case archive.File:
		target = least[entry.Path]
	case archive.Directory, archive.Symlink:
	}
	return fmt.Sprintf("%q %q %04o %d %d %q\n", entry.Path, entry.Type, entry.Mode, entry.Size, entry.ModTime.Unix(), target)
}
