package wire

import (
	"encoding/binary"
	"math"
	"time"
)

// The flags of a node: its type in the lowest bits, then its optional fields.
const (
	nodeTypes   = 0x03
	nodeInode   = 0x04
	nodeRefused = 0x08
	nodeSkipped = 0x10
	nodeRecent  = 0x20
	nodeFlags   = nodeTypes | nodeInode | nodeRefused | nodeSkipped | nodeRecent
)

// fileRecent is the one flag of a file.
const fileRecent = 0x01

// appendNode appends n. Its path is encoded as the length of the common prefix with the
// previous path and the rest.
func appendNode(b []byte, n *Node, previous string) []byte {
	shared := common(previous, n.Path)
	b = append(b, byte(KindNode), n.flags())
	b = binary.AppendUvarint(b, uint64(shared))
	b = appendText(b, n.Path[shared:])
	b = binary.AppendUvarint(b, uint64(n.Mode.Perm()))
	b = appendTime(b, n.ModTime)
	if n.Type == Regular {
		b = binary.AppendUvarint(b, uint64(n.Size))
		b = appendTime(b, n.Changed)
		b = binary.AppendUvarint(b, uint64(n.Stored))
	}
	if n.Type == Symlink {
		b = appendText(b, n.Target)
	}
	if n.Inode != 0 {
		b = binary.AppendUvarint(b, n.Device)
		b = binary.AppendUvarint(b, n.Inode)
	}
	if n.Refused != "" {
		b = appendText(b, short(n.Refused))
	}
	if n.Skipped != "" {
		b = appendText(b, short(n.Skipped))
	}
	return b
}

func (n *Node) flags() byte {
	flags := byte(n.Type) & nodeTypes
	set := func(flag byte, is bool) {
		if is {
			flags |= flag
		}
	}
	set(nodeInode, n.Inode != 0)
	set(nodeRefused, n.Refused != "")
	set(nodeSkipped, n.Skipped != "")
	set(nodeRecent, n.Recent)
	return flags
}

// common returns the length of the common prefix of a and b.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func appendFile(b []byte, f File) []byte {
	b = append(b, byte(KindFile))
	b = binary.AppendUvarint(b, uint64(f.Index))
	b = binary.AppendUvarint(b, uint64(f.Size))
	b = binary.AppendUvarint(b, uint64(f.Mode.Perm()))
	b = appendTime(b, f.ModTime)
	b = appendTime(b, f.Changed)
	b = binary.AppendUvarint(b, uint64(f.Offset))
	b = binary.AppendUvarint(b, uint64(f.Beyond))
	if f.Recent {
		return append(b, fileRecent)
	}
	return append(b, 0)
}

func appendHole(b []byte, n int64) []byte {
	return binary.AppendUvarint(append(b, byte(KindHole)), uint64(n))
}

func appendFileEnd(b []byte, e FileEnd) []byte {
	b = append(b, byte(KindFileEnd))
	b = append(b, e.Sum[:]...)
	return append(b, byte(e.State))
}

func appendFailure(b []byte, f Failure) []byte {
	b = append(b, byte(KindFailure))
	b = binary.AppendUvarint(b, uint64(f.Index))
	b = append(b, byte(f.Code))
	return appendText(b, short(f.Text))
}

func appendSum(b []byte, s Sum) []byte {
	b = append(b, byte(KindSum))
	b = binary.AppendUvarint(b, uint64(s.Index))
	b = binary.AppendUvarint(b, uint64(s.Length))
	return append(b, s.Sum[:]...)
}

func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// appendTime writes seconds and nanoseconds apart: one number of nanoseconds
// would end in the year 2262, and file systems hold later ones.
func appendTime(b []byte, t time.Time) []byte {
	b = binary.AppendVarint(b, t.Unix())
	return binary.AppendUvarint(b, uint64(t.Nanosecond()))
}

func short(text string) string { return text[:min(len(text), maxText)] }

// cursor reads fields. After a field that is missing or invalid, failed is set and
// all further fields are zero.
type cursor struct {
	b      []byte
	failed bool
}

func (c *cursor) fail() { c.b, c.failed = nil, true }

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.fail()
		return 0
	}
	value := c.b[0]
	c.b = c.b[1:]
	return value
}

// size reads a length or an offset: at most the largest int64.
func (c *cursor) size() int64 {
	n := c.number()
	if n > math.MaxInt64 {
		c.fail()
		return 0
	}
	return int64(n)
}

// index reads the index of an entry of a request.
func (c *cursor) index() int {
	n := c.number()
	if n >= MaxEntries {
		c.fail()
		return 0
	}
	return int(n)
}

func (c *cursor) number() uint64 {
	n, length := binary.Uvarint(c.b)
	if length <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[length:]
	return n
}

func (c *cursor) bytes(n uint64) []byte {
	if n > uint64(len(c.b)) {
		c.fail()
		return nil
	}
	value := c.b[:n]
	c.b = c.b[n:]
	return value
}

// text reads a text of at most limit bytes.
func (c *cursor) text(limit int) string {
	n := c.number()
	if n > uint64(limit) {
		c.fail()
		return ""
	}
	return string(c.bytes(n))
}

func (c *cursor) time() time.Time {
	seconds, length := binary.Varint(c.b)
	if length <= 0 {
		c.fail()
		return time.Time{}
	}
	c.b = c.b[length:]
	nanos := c.number()
	if nanos >= uint64(time.Second) {
		c.fail()
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanos))
}

func (c *cursor) sum() (sum [16]byte) {
	copy(sum[:], c.bytes(uint64(len(sum))))
	return sum
}
