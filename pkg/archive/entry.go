package archive

import (
	"archive/tar"
	"io/fs"
	"path"
	"time"
)

// Type is the kind of an entry.
type Type string

// The kinds of entries that are unpacked.
const (
	Directory Type = "dir"
	File      Type = "file"
	Symlink   Type = "symlink"
	HardLink  Type = "link"
)

// Entry is one name of a tree.
type Entry struct {
	// Path is relative to the root of the tree, clean and with slashes; of an
	// entry that is refused for its name, the name as the stream had it.
	Path string
	// Type is empty for what is neither file, directory nor link.
	Type Type
	// Mode holds permission bits only.
	Mode fs.FileMode
	// Size is the length of the content in bytes; of a hard link that of its file.
	Size int64
	// ModTime is as precise as the stream: whole seconds from a plain tar.
	ModTime time.Time
	// Target is a symlink's text, or the path of the file that a hard link is
	// another name of.
	Target string
}

// newEntry is hdr with its names as they came: they are still to be judged.
func newEntry(hdr *tar.Header) Entry {
	return Entry{
		Path:    hdr.Name,
		Type:    typeOf(hdr.Typeflag),
		Mode:    fs.FileMode(hdr.Mode) & fs.ModePerm,
		Size:    hdr.Size,
		ModTime: hdr.ModTime,
		Target:  hdr.Linkname,
	}
}

func typeOf(flag byte) Type {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return File
	case tar.TypeDir:
		return Directory
	case tar.TypeSymlink:
		return Symlink
	case tar.TypeLink:
		return HardLink
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

// isRoot reports whether hdr is the tree itself, whose mode and time are the
// user's own business: DIR may be the current directory.
func isRoot(hdr *tar.Header) bool {
	return hdr.Typeflag == tar.TypeDir && hdr.Name != "" && !path.IsAbs(hdr.Name) && path.Clean(hdr.Name) == "."
}

// Action is what became, or shall become, of an entry.
type Action int

const (
	// Refuse leaves the entry out, and what is in its place untouched.
	Refuse Action = iota
	// Keep leaves what is there: it is the entry already.
	Keep
	// Write makes the entry, in place of what is there.
	Write
)

// Verdict is an Action and, for Refuse, the reason in words that follow the name.
type Verdict struct {
	Action Action
	Reason string
}

// Local is what lies where an entry belongs: a regular file or a symlink.
type Local struct {
	Info   fs.FileInfo
	Target string // the text of a symlink
	// Differs says that the file was compared and has another content.
	Differs bool
}

// Outcome is what became of an entry.
type Outcome struct {
	Verdict
	// Local describes the file or symlink that is there now; nil for directories
	// and for what was refused.
	Local fs.FileInfo
}
