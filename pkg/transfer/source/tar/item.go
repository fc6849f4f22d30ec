package tar

import (
	"archive/tar"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// item converts hdr to an item with a clean name. A name that leads out of the tree stays
// unchanged, so that it is refused.
func (c *contents) item(hdr *tar.Header) transfer.Item {
	item := transfer.Item{Entry: localtree.Entry{
		Path: hdr.Name, Type: typeOf(hdr.Typeflag), Mode: fs.FileMode(hdr.Mode) & fs.ModePerm,
		Size: hdr.Size, Stored: hdr.Size, ModTime: hdr.ModTime, Target: hdr.Linkname,
	}}
	if hdr.Name != "" && !path.IsAbs(hdr.Name) && !slices.Contains(strings.Split(hdr.Name, "/"), "..") {
		item.Path = path.Clean(hdr.Name)
	}
	switch item.Type {
	case localtree.HardLink:
		item.Target = path.Clean(hdr.Linkname)
	case localtree.File: // a later entry may be another name of it
		item.Recent = !hdr.ModTime.Before(c.stream.began.Add(-time.Minute))
		c.files++
		item.Inode.Number = c.files
	case localtree.Directory:
		if hdr.Mode&stickyBit != 0 { // the copy has no sticky bit: therefore only its owner may write to it
			item.Mode &^= 0o022
		}
	case localtree.Symlink:
	default:
		if words, contentless := kind(hdr.Typeflag); contentless {
			item.Skipped = words + " has no content to copy"
		} else {
			item.Refused = words
		}
	}
	return item
}

// stickyBit is the sticky bit of a mode in a tar header.
const stickyBit = 0o1000

func typeOf(flag byte) localtree.Type {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return localtree.File
	case tar.TypeDir:
		return localtree.Directory
	case tar.TypeSymlink:
		return localtree.Symlink
	case tar.TypeLink:
		return localtree.HardLink
	}
	return ""
}

// kind describes a tar type that is not copied. contentless says that it has no content to copy.
func kind(flag byte) (words string, contentless bool) {
	switch flag {
	case tar.TypeChar, tar.TypeBlock:
		return "a device", true
	case tar.TypeFifo:
		return "a named pipe", true
	}
	return "unknown tar entry type " + string(rune(flag)), false
}
