package tar

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// chunkSize is how many bytes of content are read at once.
const chunkSize = 256 << 10

// contents is a tar stream as a sequence of entries.
type contents struct {
	stream    *stream
	tar       *tar.Reader
	remaining int64 // bytes of the current file
	files     uint64
	buffer    []byte
	proof     transfer.Proof
	ended     bool // the archive was read, and its end is proven
}

func newContents(stream *stream) *contents {
	return &contents{stream: stream, tar: tar.NewReader(stream), buffer: make([]byte, chunkSize)}
}

// Next implements transfer.Contents.
func (c *contents) Next() (transfer.Item, error) {
	if names := c.stream.skips; len(names) > 0 {
		c.stream.skips = names[1:]
		reason := "contains snapshots of the storage system, not results"
		if names[0] == transfer.LostAndFound {
			reason = "belongs to the file system, not to the results"
		}
		return transfer.Item{Entry: localtree.Entry{Path: names[0], Type: localtree.Directory}, Skipped: reason}, nil
	}
	for {
		if c.ended {
			return c.socket()
		}
		hdr, err := c.tar.Next()
		switch {
		case errors.Is(err, io.EOF):
			if err := c.end(nil); !errors.Is(err, io.EOF) {
				return transfer.Item{}, err
			}
			c.ended = true
			continue
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return transfer.Item{}, c.end(err)
		case hdr.Typeflag == tar.TypeXGlobalHeader:
			continue
		}
		c.remaining = hdr.Size
		return c.item(hdr), nil
	}
}

// socket returns the next socket that tar skipped, after the end of the archive.
func (c *contents) socket() (transfer.Item, error) {
	if len(c.stream.sockets) == 0 {
		return transfer.Item{}, io.EOF
	}
	name := path.Clean(c.stream.sockets[0])
	c.stream.sockets = c.stream.sockets[1:]
	return transfer.Item{Entry: localtree.Entry{Path: name}, Skipped: "a socket has no content to copy"}, nil
}

// end reads what follows the archive, because tar fills its last record, and verifies the
// end of the stream. An error of the stream has precedence over the error of the archive
// reader, because it has the cause.
func (c *contents) end(broken error) error {
	proof, err := c.stream.verify()
	switch {
	case err != nil:
		return err
	case broken != nil:
		return fmt.Errorf("the source sent an invalid tar stream: %w", broken)
	}
	c.proof = proof
	return io.EOF
}

// Chunk implements transfer.Contents.
func (c *contents) Chunk() (transfer.Chunk, error) {
	if c.remaining == 0 {
		return transfer.Chunk{}, io.EOF
	}
	n, err := io.ReadFull(c.tar, c.buffer[:min(c.remaining, chunkSize)])
	if err != nil {
		if err = c.end(err); errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return transfer.Chunk{}, err
	}
	c.remaining -= int64(n)
	return transfer.Chunk{Data: c.buffer[:n]}, nil
}

// End implements transfer.Contents. A tar archive has no hashes of files.
func (c *contents) End() transfer.FileEnd { return transfer.FileEnd{} }

// Proof implements transfer.Contents.
func (c *contents) Proof() transfer.Proof { return c.proof }

// Close implements transfer.Contents.
func (c *contents) Close() error { return c.stream.Close() }
