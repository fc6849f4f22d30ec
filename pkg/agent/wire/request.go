package wire

import (
	"encoding/binary"
	"iter"
)

const (
	// MaxEntries is the most entries of a request.
	MaxEntries = 1 << 16
	// MaxRequest is the most bytes of a request.
	MaxRequest = 1 << 20
)

// Entry names a file. Number is the offset to send it from, or how many bytes of it to
// hash (-1: all). A list ignores Number.
type Entry struct {
	Path   string
	Number int64
	// Limit is the most bytes of a file to send, counted from its beginning, where Limited is set.
	Limited bool
	Limit   int64
}

// AppendEntry appends e to a request. Entries may be added as long as there are
// at most MaxEntries of them in at most MaxRequest bytes.
func AppendEntry(request []byte, e Entry) []byte {
	request = appendText(request, e.Path)
	request = binary.AppendVarint(request, e.Number)
	if !e.Limited {
		return binary.AppendUvarint(request, 0)
	}
	return binary.AppendUvarint(request, uint64(e.Limit)+1)
}

// Request is a request that ParseRequest has validated.
type Request struct{ bytes []byte }

// ParseRequest validates a request. The Request keeps the bytes, so that the caller must
// not change them. The error is ErrTooLarge or ErrCorrupt.
func ParseRequest(request []byte) (Request, error) {
	if len(request) > MaxRequest {
		return Request{}, ErrTooLarge
	}
	entries := 0
	for c := (cursor{b: request}); len(c.b) > 0; entries++ {
		if entries == MaxEntries {
			return Request{}, ErrTooLarge
		}
		path := c.bytes(c.number())
		number := c.signed()
		c.limit()
		if c.failed || len(path) > MaxPath || number < -1 {
			return Request{}, ErrCorrupt
		}
	}
	return Request{request}, nil
}

// All returns the entries with their indices. It decodes one at a time, because an agent
// does not have the memory for all of them.
func (r Request) All() iter.Seq2[int, Entry] {
	return func(yield func(int, Entry) bool) {
		c := cursor{b: r.bytes}
		for i := 0; len(c.b) > 0; i++ {
			entry := Entry{Path: c.text(MaxPath), Number: c.signed()}
			entry.Limit, entry.Limited = c.limit()
			if !yield(i, entry) {
				return
			}
		}
	}
}

// limit reads a limit. The encoded number is the limit plus one; 0 means no limit.
func (c *cursor) limit() (limit int64, limited bool) {
	n := c.size()
	return max(n-1, 0), n > 0
}

func (c *cursor) signed() int64 {
	n, length := binary.Varint(c.b)
	if length <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[length:]
	return n
}
