package transfer

import "io"

// counter counts the bytes that were read from r.
type counter struct {
	r io.Reader
	n *int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += int64(n)
	return n, err
}

// drain reads what follows the end of the archive, since tar fills its last
// record. Of errors the stream's Verify knows more.
func (c *counter) drain() { _, _ = io.Copy(io.Discard, c) }
