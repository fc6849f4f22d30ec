package server

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // it is what stores check content by
	"crypto/sha256"
	"encoding"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"maps"
	"net/http"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// inMemory is the maximum size, in bytes, of a part that is read into memory. A longer part is
// read twice: to hash it, and to send it.
const inMemory = 1 << 20

// putting is the upload of one file, or part of one, to a store.
type putting struct {
	*agent
	wire.PutFile
	client *http.Client
	tries  int
	// hashed is called with the state of the SHA-256 after a part that is not the last one.
	hashed func(state []byte)

	file file
	// initial is the metadata of the file when it was opened.
	initial facts
	settled bool // every further change will change its times
	whole   hash.Hash
}

// run hashes and sends the part, and returns the result.
func (p *putting) run(ctx context.Context) wire.PutResult {
	began := p.Now()
	folders := folders{root: p.root, singleFile: p.singleFile}
	defer folders.close()
	var err error
	if p.file, p.initial, err = p.open(&folders, p.Path); err != nil {
		return wire.PutResult{Refused: failure(0, err).Text}
	}
	defer p.file.close()
	p.settled = p.initial.changed.Before(began.Add(-settled))
	if p.outdated() {
		return wire.PutResult{Changes: wire.Changed}
	}
	result, err := p.send(ctx)
	if err == nil && p.Last() && result.Failed == nil && result.Changes == wire.Still {
		result.Changes, err = p.verdict(ctx, result.Sum)
	}
	if err != nil {
		result.Refused = cannotRead(err)
	}
	return result
}

// outdated reports whether the file differs from what the client listed. A file that only
// grew is not outdated: it may still begin with the listed content.
func (p *putting) outdated() bool {
	return p.initial.size < p.Size || p.initial.size == p.Size && !p.matches(p.initial)
}

// matches reports whether current has the size and times that the client listed.
func (p *putting) matches(current facts) bool {
	return current.size == p.Size && current.modified.Equal(p.ModTime) && current.changed.Equal(p.Changed)
}

// send hashes the part and then stores it with its MD5. The store compares the MD5, so that the
// object has exactly the content that was hashed.
func (p *putting) send(ctx context.Context) (result wire.PutResult, err error) {
	p.whole = sha256.New()
	if len(p.State) > 0 {
		if err := p.whole.(encoding.BinaryUnmarshaler).UnmarshalBinary(p.State); err != nil {
			return wire.PutResult{Changes: wire.Changed}, nil //nolint:nilerr // the file is hashed from its beginning
		}
	}
	buffered, sum, err := p.hash(ctx)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return wire.PutResult{Changes: wire.Changed}, nil
	}
	if err != nil {
		return result, err
	}
	if p.Last() {
		result.Sum = p.whole.Sum(nil)
	} else {
		if result.State, err = p.whole.(encoding.BinaryMarshaler).MarshalBinary(); err != nil {
			return result, err
		}
		p.hashed(result.State)
	}
	if p.URL != "" {
		p.store(ctx, buffered, sum, &result)
	}
	return result, nil
}

// store sends the part that was hashed: from buffered, or from the file if buffered is nil.
func (p *putting) store(ctx context.Context, buffered, sum []byte, result *wire.PutResult) {
	u := upload{url: p.URL, header: maps.Clone(p.Header), content: contentOf{p.file}, offset: p.From, size: p.Length, tries: p.tries, pause: p.FirstPause}
	if u.header == nil {
		u.header = map[string]string{}
	}
	if buffered != nil {
		u.content = bytes.NewReader(buffered)
		u.offset = 0
		u.steady = true
	}
	u.header["Content-MD5"] = base64.StdEncoding.EncodeToString(sum)
	result.ETag, result.Failed = put(ctx, p.client, u)
	if failed := result.Failed; failed != nil && buffered == nil && (failed.Code == "BadDigest" || failed.Code == "InvalidDigest") {
		result.Changes, result.Failed = wire.Changed, nil // the file changed between hashing and sending
	}
}

// hash adds the part to the SHA-256 of the file. It returns the MD5 of the part, and its content if
// it has at most inMemory bytes.
func (p *putting) hash(ctx context.Context) (buffered, sum []byte, err error) {
	part := md5.New() //nolint:gosec // as above
	source := &ending{ctx, io.NewSectionReader(contentOf{p.file}, p.From, p.Length)}
	if p.Length <= inMemory {
		buffered = make([]byte, p.Length)
		if _, err = io.ReadFull(source, buffered); errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		_, _ = part.Write(buffered)
		_, _ = p.whole.Write(buffered)
		return buffered, part.Sum(nil), err
	}
	n, err := io.CopyBuffer(io.MultiWriter(part, p.whole), source, make([]byte, skimSize))
	if err == nil && n < p.Length {
		err = io.ErrUnexpectedEOF
	}
	return nil, part.Sum(nil), err
}

// verdict returns whether the file changed since the client listed it. If its times do not prove
// that it did not, verdict reads the file again and compares the hashes.
func (p *putting) verdict(ctx context.Context, sum []byte) (wire.State, error) {
	current, err := p.file.readFacts()
	if err != nil || current.size < p.Size {
		return wire.Changed, nil //nolint:nilerr // what cannot be looked at is not known to be still
	}
	if p.settled && p.matches(current) {
		return wire.Still, nil
	}
	rereadHash := sha256.New()
	source := &ending{ctx, io.NewSectionReader(contentOf{p.file}, 0, p.Size)}
	if _, err := io.CopyBuffer(rereadHash, source, make([]byte, skimSize)); err != nil {
		return wire.Changed, err
	}
	switch {
	case !bytes.Equal(rereadHash.Sum(nil), sum):
		return wire.Changed, nil
	case current.size > p.Size:
		return wire.Growing, nil
	}
	return wire.Still, nil
}

// contentOf is a file as an io.ReaderAt.
type contentOf struct{ file }

// ReadAt implements io.ReaderAt.
func (c contentOf) ReadAt(into []byte, offset int64) (int, error) {
	n, err := c.readAt(into, offset)
	if err == nil && n < len(into) {
		err = io.EOF
	}
	return n, err
}

// ending is a reader that fails once ctx is done.
type ending struct {
	ctx context.Context
	io.Reader
}

// Read implements io.Reader.
func (e *ending) Read(into []byte) (int, error) {
	if err := e.ctx.Err(); err != nil {
		return 0, err
	}
	return e.Reader.Read(into)
}
