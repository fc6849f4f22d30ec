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
	// Path is relative to the root of the tree, clean and with slashes; of an
	// entry that is refused for its name, the name as the stream had it.
	Path string
	// Type is empty for what is neither file, directory nor link.
	Type Type
	// Mode holds permission bits only.
	Mode fs.FileMode
	// Size is the length of the content in bytes; of a hard link that of its file.
	Size int64
	// ModTime is as precise as the source: whole seconds from a plain tar. The zero
	// time is not restored.
	ModTime time.Time
	// Changed is when anything of a file last changed, its times included; zero
	// where the source does not say.
	Changed time.Time
	// Stored is how many bytes of disk a file takes at the source: fewer than Size
	// where it has holes.
	Stored int64
	// Target is a symlink's text, or the path of the file that a hard link is
	// another name of; of an entry without Type, what it is: "a named pipe".
	Target string
	// Inode tells names of one file from names of others; zero where the source
	// does not say, or where the file has this name only.
	Inode Inode
	// Recent says that the source changed the file so shortly before it was looked at, or read, that the
	// next change may leave Size, ModTime and Changed as they are.
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
