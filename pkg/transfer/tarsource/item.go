package tarsource

import (
	"archive/tar"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// item is hdr with its name in the form of a listing; a hostile one stays as it
// is, to be refused.
func (c *contents) item(hdr *tar.Header) transfer.Item {
	one := transfer.Item{Entry: archive.Entry{
		Path: hdr.Name, Type: typeOf(hdr.Typeflag), Mode: fs.FileMode(hdr.Mode) & fs.ModePerm,
		Size: hdr.Size, Stored: hdr.Size, ModTime: hdr.ModTime, Target: hdr.Linkname,
	}}
	if hdr.Name != "" && !path.IsAbs(hdr.Name) && !slices.Contains(strings.Split(hdr.Name, "/"), "..") {
		one.Path = path.Clean(hdr.Name)
	}
	switch one.Type {
	case archive.HardLink:
		one.Target = path.Clean(hdr.Linkname)
	case archive.File: // any of them may get more names later
		c.files++
		one.Inode.Number = c.files
	case archive.Directory, archive.Symlink:
	default:
		one.Refused = "it is " + kind(hdr.Typeflag)
	}
	return one
}

func typeOf(flag byte) archive.Type {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return archive.File
	case tar.TypeDir:
		return archive.Directory
	case tar.TypeSymlink:
		return archive.Symlink
	case tar.TypeLink:
		return archive.HardLink
	}
	return ""
}

// kind names a tar type that is not unpacked, for people.
func kind(flag byte) string {
	switch flag {
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeFifo:
		return "a named pipe"
	}
	return "of the unknown tar type " + string(rune(flag))
}
