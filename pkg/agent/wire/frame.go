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
	// Kind says which of the other fields is valid.
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
	// Device and Inode identify a file with several names; zero if the file has only
	// this name.
	Device, Inode uint64
	// Refused says why the entry, or its contents, cannot be read: a clause that
	// follows its name. "" if no problem is known.
	Refused string
	// Skipped is the reason, in the same form, why the entry is not part of the results. The tree is complete without
	// it.
	Skipped string
	// Recent says that a Regular was changed so recently that the next change may leave its
	// times as they are.
	Recent bool
}

// File begins the content of a file.
type File struct {
	Index   int // in the request
	Size    int64
	Mode    fs.FileMode
	ModTime time.Time
	Changed time.Time // as of a Node
	// Offset is the start of the content: the requested offset, or 0 if the file is
	// shorter than that.
	Offset int64
	// Beyond is how many bytes the file is longer than Size, if the request has a limit.
	Beyond int64
	// Recent is as of a Node.
	Recent bool
}

// State says whether a file changed while it was read.
type State byte

const (
	// Still means that nothing changed it.
	Still State = 0
	// Growing means that the file grew. The sent content is its beginning.
	Growing State = 1
	// Changed means that the sent content may not be a state that the file had.
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
	// Gone means that the file no longer exists.
	Gone Code = 1
	// Permission means that the agent has no permission to read the file.
	Permission Code = 2
	// NotRegular means that the entry is no longer a regular file.
	NotRegular Code = 3
)

// Failure replaces a file or a sum. After a File, it ends the file.
type Failure struct {
	// Index is the index of the entry in the request.
	Index int
	Code  Code
	Text  string // a clause that follows the file's name
}

// Sum is the hash of the beginning of a file.
type Sum struct {
	// Index is the index of the entry in the request.
	Index  int
	Length int64 // how many bytes were hashed: fewer than requested if the file is shorter
	Sum    [16]byte
}
