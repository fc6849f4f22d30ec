package transfer_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zeebo/xxh3"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// source is a Source whose answers are given, one for each call; the last one
// serves for all that follow.
type source struct {
	listings []listing
	contents []contents
	listed   int
	opened   [][]transfer.Want
	sum      string // the content of every file that is to be hashed
	summed   int    // how many were
}

// listing is the items of a listing and the error it ends with, nil for none.
type listing struct {
	items []transfer.Item
	err   error
	// endless makes one item after another, without an end.
	endless func(i int) transfer.Item
}

// contents is what Contents does with each file that is asked for.
type contents struct {
	// answer returns an item and its content; nil: the listed file, "x" as long as it is.
	answer func(i int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd)
	// limit is how many files come before err.
	limit int
	err   error
	// hole is sent of each file in place of content; cut ends the content of each file.
	hole int64
	cut  error
}

func (s *source) List(context.Context, []string) (transfer.Listing, error) {
	list := s.listings[min(s.listed, len(s.listings)-1)]
	s.listed++
	return &fakeListing{listing: list}, nil
}

type fakeListing struct {
	listing
	index int
}

func (l *fakeListing) Next() (transfer.Item, error) {
	if l.endless != nil {
		l.index++
		return l.endless(l.index), nil
	}
	if l.index == len(l.items) {
		if l.err != nil {
			return transfer.Item{}, l.err
		}
		return transfer.Item{}, io.EOF
	}
	l.index++
	return l.items[l.index-1], nil
}

func (*fakeListing) Close() error { return nil }

func (s *source) Open(_ context.Context, wants []transfer.Want) (transfer.Contents, error) {
	c := s.contents[min(len(s.opened), len(s.contents)-1)]
	s.opened = append(s.opened, wants)
	if c.answer == nil {
		c.answer = s.listedFile
	}
	return &fakeContents{contents: c, wants: wants, index: -1}, nil
}

// listedFile is the file that the listing has, with the content that it should.
func (s *source) listedFile(_ int, want transfer.Want) (transfer.Item, []byte, transfer.FileEnd) {
	for _, item := range s.listings[min(s.listed, len(s.listings))-1].items {
		if item.Path == want.Path {
			data := bytes.Repeat([]byte("x"), int(item.Size))
			return item, data, whole(data)
		}
	}
	return transfer.Item{Refused: "no longer exists"}, nil, transfer.FileEnd{}
}

func whole(data []byte) transfer.FileEnd {
	return transfer.FileEnd{Sum: xxh3.Hash128(data).Bytes(), Hashed: true}
}

func (s *source) Sums(_ context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	s.summed += len(prefixes)
	sums := make([]transfer.Sum, len(prefixes))
	for i := range sums {
		sums[i] = transfer.Sum{Sum: whole([]byte(s.sum)).Sum, Length: int64(len(s.sum))}
	}
	return sums, nil
}

type fakeContents struct {
	contents
	wants []transfer.Want
	index int
	data  []byte
	end   transfer.FileEnd
}

func (c *fakeContents) Next() (transfer.Item, error) {
	c.index++
	switch {
	case c.err != nil && c.index == c.limit:
		return transfer.Item{}, c.err
	case c.index == len(c.wants):
		return transfer.Item{}, io.EOF
	}
	var item transfer.Item
	item, c.data, c.end = c.answer(c.index, c.wants[c.index])
	return item, nil
}

func (c *fakeContents) Chunk() (transfer.Chunk, error) {
	switch {
	case c.hole > 0:
		hole := c.hole
		c.hole = 0
		return transfer.Chunk{Hole: hole}, nil
	case len(c.data) == 0 && c.cut != nil:
		return transfer.Chunk{}, c.cut
	case len(c.data) == 0:
		return transfer.Chunk{}, io.EOF
	}
	n := min(len(c.data), 256<<10)
	chunk := transfer.Chunk{Data: c.data[:n]}
	c.data = c.data[n:]
	return chunk, nil
}

func (c *fakeContents) End() transfer.FileEnd { return c.end }
func (*fakeContents) Proof() transfer.Proof   { return transfer.Proof{Hashed: true} }
func (*fakeContents) Close() error            { return nil }

// file is a listed file; its second of modification tells versions apart.
func file(name string, size int64, second int64) transfer.Item {
	return transfer.Item{Entry: localtree.Entry{Path: name, Type: localtree.File, Mode: 0o644, Size: size, Stored: size, ModTime: time.Unix(second, 0), Changed: time.Unix(second, 1)}}
}

func symlink(name, target string) transfer.Item {
	return transfer.Item{Entry: localtree.Entry{Path: name, Type: localtree.Symlink, Target: target, Mode: 0o777}}
}

func directory(name string) transfer.Item {
	return transfer.Item{Entry: localtree.Entry{Path: name, Type: localtree.Directory, Mode: 0o755, ModTime: time.Unix(1, 0)}}
}

// alias is one of the names of one file.
func alias(name string) transfer.Item {
	item := file(name, 3, 1)
	item.Inode.Number = 1
	return item
}

// sends is a source that lists items and sends what is asked for.
func sends(items ...transfer.Item) *source {
	return &source{listings: []listing{{items: items}}, contents: []contents{{}}}
}

// node is what file arrives as.
func node(size int, second int64) filetree.Node {
	return filetree.File(filetree.Short(strings.Repeat("x", size))).At(time.Unix(second, 0))
}

// requestOf is a request for what s sends.
func requestOf(t *testing.T, s *source) transfer.Request {
	t.Helper()
	return transfer.Request{
		Source: s, SourceID: "uid", Dir: filepath.Join(t.TempDir(), "new", "dir"),
		Receipts: filepath.Join(t.TempDir(), "receipts"), Parallel: 1,
	}
}

func compare(t *testing.T, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Error("-want +got:\n", diff)
	}
}

func checkAbsent(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("%s is there (%v)", path, err)
	}
}

func mkdir(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
