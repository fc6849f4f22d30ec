package wire

import (
	"io/fs"
	"math"
)

// decoder turns the content of blocks into frames.
type decoder struct {
	frame Frame
	path  []byte // of the previous node
}

// readFrame reads the frame at the start of c. It returns false if there is no valid frame.
func (d *decoder) readFrame(c *cursor) bool {
	d.frame.Kind = Kind(c.byte())
	switch d.frame.Kind {
	case KindNode:
		d.node(c)
	case KindFile:
		d.file(c)
	case KindData:
		d.frame.Data = c.data()
	case KindHole:
		d.frame.Hole = c.positive()
	case KindFileEnd:
		d.frame.FileEnd = FileEnd{Sum: c.sum(), State: State(c.byte())}
		c.check(d.frame.FileEnd.State <= Changed)
	case KindFailure:
		d.frame.Failure = Failure{Index: c.index(), Code: Code(c.byte()), Text: c.text(maxText)}
		c.check(d.frame.Failure.Code <= NotRegular)
	case KindSum:
		d.frame.Sum = Sum{Index: c.index(), Length: c.size(), Sum: c.sum()}
	case kindBeat, kindEnd:
	default:
		c.fail()
	}
	return !c.failed
}

func (d *decoder) node(c *cursor) {
	flags := c.byte()
	n := Node{Type: NodeType(flags & nodeTypes), Path: d.nextPath(c), Mode: c.mode(), ModTime: c.time()}
	if n.Type == Regular {
		n.Size = c.size()
		n.Changed = c.time()
		n.Stored = c.size()
		c.check(n.Stored <= n.Size)
	}
	if n.Type == Symlink {
		n.Target = c.text(MaxPath)
	}
	if flags&nodeInode != 0 {
		n.Device, n.Inode = c.number(), c.number()
	}
	if flags&nodeRefused != 0 {
		n.Refused = c.text(maxText)
	}
	if flags&nodeSkipped != 0 {
		n.Skipped = c.text(maxText)
	}
	n.Recent = flags&nodeRecent != 0
	c.check(flags&^nodeFlags == 0)
	d.frame.Node = n
}

// nextPath reads a path, which is encoded as a prefix of the previous path and a suffix.
func (d *decoder) nextPath(c *cursor) string {
	shared := c.number()
	suffix := c.bytes(c.number())
	c.check(shared <= uint64(len(d.path)) && shared+uint64(len(suffix)) <= MaxPath)
	if c.failed {
		return ""
	}
	d.path = append(d.path[:shared], suffix...)
	return string(d.path)
}

func (d *decoder) file(c *cursor) {
	f := File{
		Index: c.index(), Size: c.size(), Mode: c.mode(), ModTime: c.time(), Changed: c.time(), Offset: c.size(), Beyond: c.size(),
	}
	flags := c.byte()
	f.Recent = flags&fileRecent != 0
	c.check(f.Offset <= f.Size && flags&^fileRecent == 0 && f.Beyond <= math.MaxInt64-f.Size)
	d.frame.File = f
}

// check marks the frame as invalid unless ok.
func (c *cursor) check(ok bool) {
	if !ok {
		c.fail()
	}
}

func (c *cursor) mode() fs.FileMode {
	mode := c.number()
	c.check(mode <= uint64(fs.ModePerm))
	return fs.FileMode(mode) & fs.ModePerm
}

func (c *cursor) positive() int64 {
	n := c.size()
	c.check(n > 0)
	return n
}
