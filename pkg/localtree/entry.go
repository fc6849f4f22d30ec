package localtree

import (
	"io/fs"
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
	// Path is relative to the root of the tree, clean and with slashes. If the entry is
	// refused for its name, Path is the name from the stream.
	Path string
	// Type is "" for other types, such as devices.
	Type Type
	// Mode holds permission bits only.
	Mode fs.FileMode
	// Size is the length of the content in bytes. For a hard link, it is that of its file.
	Size int64
	// ModTime has the precision of the source: whole seconds from a plain tar. The zero
	// time is not set.
	ModTime time.Time
	// Changed is when the content or metadata of a file last changed (ctime); zero if the
	// source does not report it.
	Changed time.Time
	// Stored is how many bytes of disk a file uses at the source: fewer than Size if it
	// has holes.
	Stored int64
	// Target is the text of a symlink, or the path of the file of a hard link. For an
	// entry without Type it describes the type, such as "a named pipe".
	Target string
	// Inode identifies a file with several names; zero if the source does not report it, or
	// the file has only this name.
	Inode Inode
	// Recent says that the file was changed so shortly before it was listed or read that the next change may
	// leave Size, ModTime and Changed as they are.
	Recent bool
}

// Inode identifies a file within one tree.
type Inode struct{ Device, Number uint64 }

// Action is what was done, or is to be done, with an entry.
type Action int

const (
	// Refuse does not write the entry. An existing file stays unchanged.
	Refuse Action = iota
	// Keep keeps the existing file, which equals the entry.
	Keep
	// Write creates the entry. It replaces an existing file.
	Write
)

// Verdict is an Action and, for Refuse, its reason.
type Verdict struct {
	Action Action
	// Reason is a clause that follows the name of the entry.
	Reason string
}

// Local is the existing file or symlink at the path of an entry.
type Local struct {
	// Info is the metadata; nil if nothing exists at the path.
	Info   fs.FileInfo
	Target string // the text of a symlink
	// Differs says that the file was compared and has another content.
	Differs bool
	// Compared says that the file was compared and has the same content.
	Compared bool
}

// Outcome is what was done with an entry.
type Outcome struct {
	Verdict
	// Local is the metadata of the resulting file or symlink; nil for directories and
	// for refused entries.
	Local fs.FileInfo
}
