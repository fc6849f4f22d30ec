// Package filetree writes and reads file trees as literals, for tests.
//
// A Tree that was read compares with go-cmp to one that was written; what the
// file system keeps otherwise (owners, access times, times of symlinks) is omitted,
// and so is of modes and times what the system here cannot have.
package filetree

import (
	"time"
)

// Tree is the nodes of a directory by slash-separated relative path, without the
// directory itself. Directories above a node need not be named to be written.
type Tree map[string]Node

// Node is one file, directory or link. Use the constructors.
type Node struct {
	// Kind is "file", "dir", "symlink" or "link".
	Kind string
	// Mode is four octal digits; empty for links.
	Mode string
	// Data is the content of a file; a long one is read as its size and hash.
	Data string
	// Time is the modification time in UTC; zero for links.
	Time time.Time
	// Target is the text of a symlink, or the path of the file that a hard link is
	// another name of: of all its names the first in order of the alphabet.
	Target string
}

// Epoch is the modification time of nodes that are given no other.
func Epoch() time.Time { return time.Date(2020, 2, 20, 20, 20, 20, 0, time.UTC) }

// File is a file of mode 0644.
func File(data string) Node {
	return held(Node{Kind: "file", Mode: "0644", Data: data, Time: Epoch()})
}

// Dir is a directory of mode 0755.
func Dir() Node { return held(Node{Kind: "dir", Mode: "0755", Time: Epoch()}) }

// Symlink is a symlink with the text target.
func Symlink(target string) Node { return Node{Kind: "symlink", Target: target} }

// Link is a hard link: another name of the file at first.
func Link(target string) Node { return Node{Kind: "link", Target: target} }

// Perm is n with another mode, in octal digits.
func (n Node) Perm(mode string) Node {
	n.Mode = mode
	return held(n)
}

// At is n with another modification time.
func (n Node) At(t time.Time) Node {
	n.Time = t.UTC()
	return held(n)
}
