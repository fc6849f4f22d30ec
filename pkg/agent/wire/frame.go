package wire

import (
	"io/fs"
	"time"
)

// Kind says what a Frame is.
type Kind byte

// The kinds of frames. A file is a KindFile, then any number of KindData and
// KindHole in the order of the content, then a KindFileEnd.
const (
	KindNode    Kind = 1
	KindFile    Kind = 2
	KindData    Kind = 3
	KindHole    Kind = 4
	KindFileEnd Kind = 5
	KindFailure Kind = 6
	KindSum     Kind = 7
	kindBeat    Kind = 8
	kindEnd     Kind = 9
)

const (
	// MaxPath is the longest path in bytes, also of a link's target.
	MaxPath = 32 << 10
	// maxText is the longest reason; longer ones are cut.
	maxText = 1 << 10
)

// Frame is one frame: the field that its Kind names holds it.
type Frame struct {
	Kind    Kind
	Node    Node
	File    File
	Data    []byte // valid until the next frame is read
	Hole    int64  // the length of a run of zeros
	FileEnd FileEnd
	Failure Failure
	Sum     Sum
}

// NodeType is the kind of an entry of a tree.
type NodeType byte

// The types of nodes. Other is what cannot be sent: devices, pipes, sockets.
const (
	Other     NodeType = 0
	Directory NodeType = 1
	Regular   NodeType = 2
	Symlink   NodeType = 3
)

// Node is one entry of a tree.
type Node struct {
	Type    NodeType
	Path    string
	Mode    fs.FileMode // permission bits
	Size    int64       // of a Regular
	ModTime time.Time
	// Changed is when anything of a Regular last changed, its times included.
	Changed time.Time
	// Stored is how many bytes of disk a Regular takes, at most Size: less where
	// it has holes.
	Stored int64
	Target string // the text of a Symlink
	// Device and Inode tell names of one file from names of others; zero where
	// the file has this name only.
	Device, Inode uint64
	// Refused says why it, or what lies in it, cannot be read: a clause that
	// follows its name. Empty: it can, as far as is known yet.
	Refused string
	// Skipped is the reason, in the same form, why the entry is not part of the results. The tree is complete without
	// it.
	Skipped string
	// Recent says of a Regular that it was changed so shortly before this description that the
	// next change may leave its times as they are.
	Recent bool
}

// File begins the content of a file.
type File struct {
	Index   int // in the request
	Size    int64
	Mode    fs.FileMode
	ModTime time.Time
	Changed time.Time // as of a Node
	// Offset is where the content begins: what was asked for, or 0 where the file
	// is shorter than that.
	Offset int64
	// Beyond is how much longer the file is than Size, where the request limits what is sent.
	Beyond int64
	// Recent is as of a Node.
	Recent bool
}

// State is what happened to a file while it was read.
type State byte

const (
	// Still means that nothing changed it.
	Still State = 0
	// Growing means that it got longer, and that what was sent is its beginning.
	Growing State = 1
	// Changed means that what was sent is no state that it ever had.
	Changed State = 2
)

// FileEnd ends the content of a file.
type FileEnd struct {
	// Sum is the XXH3-128, most significant byte first, of the content from
	// File.Offset on, holes as zeros.
	Sum   [16]byte
	State State
}

// Code says why there is no content.
type Code byte

const (
	// Unreadable means that reading it failed.
	Unreadable Code = 0
	// Gone means that there is no such file any more.
	Gone Code = 1
	// Permission means that the agent may not read it.
	Permission Code = 2
	// NotRegular means that it is a file no longer.
	NotRegular Code = 3
)

// Failure stands in the place of a file or a sum. After a File it ends it.
type Failure struct {
	Index int
	Code  Code
	Text  string // a clause that follows the file's name
}

// Sum is the hash of the beginning of a file.
type Sum struct {
	Index  int
	Length int64 // how much was hashed: less than asked for where there is no more
	Sum    [16]byte
}
