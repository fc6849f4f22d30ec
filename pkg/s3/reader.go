package s3

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// mostBreaks is how often in a row a read may fail without receiving a byte.
const mostBreaks = 5

// reader reads one object.
type reader struct {
	store       *Store
	ctx         context.Context
	cancel      context.CancelFunc
	bucket, key string

	body   io.ReadCloser
	offset int64
	size   int64 // the end of the read
	part   bool  // the requests have an end
	short  bool  // the object may be shorter
	etag   *string
	breaks int
}

// read opens r.
func (s *Store) read(ctx context.Context, r *reader) (io.ReadCloser, error) {
	r.store = s
	r.ctx, r.cancel = context.WithCancel(ctx)
	if err := r.open(); err != nil {
		r.cancel()
		return nil, err
	}
	return r, nil
}

// open requests the content from offset on.
func (r *reader) open() error {
	input := &s3.GetObjectInput{Bucket: &r.bucket, Key: &r.key, IfMatch: r.etag}
	switch {
	case r.part:
		input.Range = aws.String(fmt.Sprintf("bytes=%d-%d", r.offset, r.size-1))
	case r.offset > 0:
		input.Range = aws.String(fmt.Sprintf("bytes=%d-", r.offset))
	}
	answer, err := r.store.client.GetObject(r.ctx, input)
	if err != nil {
		return r.store.explain("read objects", r.bucket, err)
	}
	r.body, r.etag = answer.Body, answer.ETag
	if length := aws.ToInt64(answer.ContentLength); r.offset == 0 && (!r.part || r.short && length < r.size) {
		r.size = length
	}
	return nil
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	for {
		n, err := r.read(p)
		if n > 0 {
			r.breaks = 0
			return n, nil
		}
		switch {
		case r.offset >= r.size:
			return 0, io.EOF
		case r.ctx.Err() != nil:
			return 0, r.ctx.Err()
		case err == nil:
			continue
		}
		if r.breaks++; r.breaks > mostBreaks {
			return 0, r.store.explain("read objects", r.bucket, err)
		}
		_ = r.body.Close() // it was interrupted
		if err := r.open(); err != nil {
			return 0, err
		}
	}
}

func (r *reader) read(p []byte) (int, error) {
	n, err := r.body.Read(p[:min(int64(len(p)), r.size-r.offset)])
	r.offset += int64(n)
	return n, err
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.cancel()
	_ = r.body.Close() // the rest is not needed
	return nil
}
