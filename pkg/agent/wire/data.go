package wire

import "encoding/binary"

// dataHead is the length of a data frame before its data: the kind, and a length of fixed
// size, because it is written after the data.
const dataHead = 1 + 4

func putDataHead(b []byte, n int) {
	b[0] = byte(KindData)
	binary.BigEndian.PutUint32(b[1:], uint32(n))
}

// data reads a data frame after its kind.
func (c *cursor) data() []byte {
	head := c.bytes(dataHead - 1)
	if c.failed {
		return nil
	}
	n := binary.BigEndian.Uint32(head)
	c.check(n > 0)
	return c.bytes(uint64(n))
}
