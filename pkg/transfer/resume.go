package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"
)

// worthResuming is the size, in bytes, below which a file is always requested from its
// start, because checking for a partial file costs more.
const worthResuming = 1 << 20

// resumable is a local partial file of an earlier attempt or an earlier process.
type resumable struct {
	index int // in the batch
	size  int64
	sum   [16]byte
}

// wants converts tasks to requests. If a local partial file equals the start of the
// source's file, only the rest is requested.
func (c *carrier) wants(ctx context.Context, batch []task) ([]Want, error) {
	wants := make([]Want, len(batch))
	var parts []resumable
	for i, t := range batch {
		wants[i] = Want{Path: t.path, Listed: true, Size: t.size}
		if t.size < worthResuming {
			continue
		}
		if size, ok := c.worker.Partial(t.path); ok && size > 0 && size <= t.size {
			parts = append(parts, resumable{index: i, size: size})
		}
	}
	if len(parts) == 0 {
		return wants, nil
	}
	return wants, c.check(ctx, batch, parts, wants)
}

// check compares the partial files with the start of the source's files. Both ends hash
// at the same time.
func (c *carrier) check(ctx context.Context, batch []task, parts []resumable, wants []Want) error {
	prefixes := make([]Prefix, len(parts))
	for i, part := range parts {
		prefixes[i] = Prefix{Path: batch[part.index].path, Length: part.size}
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.hashParts(groupCtx, batch, parts) })
	var sums []Sum
	group.Go(func() (err error) {
		sums, err = c.Source.Sums(groupCtx, prefixes)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if len(sums) != len(parts) {
		return fmt.Errorf("the source returned %d hashes for %d files", len(sums), len(parts))
	}
	for i, part := range parts {
		remote, name := sums[i], batch[part.index].path
		if remote.Refused == "" && (remote.SHA256 != nil || remote.Length == part.size) &&
			remote.is(ctx, part.sum, func() (io.ReadCloser, error) { return c.worker.OpenPartial(name) }) {
			wants[part.index].Offset = remote.Length
			c.meter.add(0, remote.Length)
		}
	}
	return ctx.Err()
}

// is reports whether s is the hash of a local file, which open opens and whose XXH3-128 is sum.
func (s Sum) is(ctx context.Context, sum [16]byte, open func() (io.ReadCloser, error)) bool {
	if s.SHA256 == nil {
		return s.Sum == sum
	}
	file, err := open()
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // it was read
	hash := sha256.New()
	n, err := io.Copy(hash, io.LimitReader(&cancelReader{ctx, file}, s.Length))
	return err == nil && n == s.Length && bytes.Equal(hash.Sum(nil), s.SHA256)
}

func (c *carrier) hashParts(ctx context.Context, batch []task, parts []resumable) error {
	for i := range parts {
		file, err := c.worker.OpenPartial(batch[parts[i].index].path)
		if err != nil {
			continue // its hash stays zero, which never matches, so that the whole file is requested
		}
		sum, err := hashOf(ctx, io.LimitReader(file, parts[i].size))
		_ = file.Close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			parts[i].sum = sum
		}
	}
	return nil
}

// hashOf reads r to its end.
func hashOf(ctx context.Context, r io.Reader) ([16]byte, error) {
	var hash Hasher
	_, err := io.Copy(&hash, &cancelReader{ctx, r})
	return hash.Sum(), err
}

// cancelReader ends reads when ctx is done.
type cancelReader struct {
	ctx context.Context
	r   io.Reader
}

// Read implements io.Reader.
func (c *cancelReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
