package transfer_test

import (
	"archive/tar"
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const nonce = "NONCE"

// source is a Source whose streams are given, one for each opening.
type source struct {
	streams []*stream
	asked   [][]string
}

func (s *source) Open(_ context.Context, paths []string) (transfer.Stream, error) {
	next := s.streams[len(s.asked)]
	s.asked = append(s.asked, paths)
	if next.err != nil {
		return nil, next.err
	}
	next.Reader = archive.NewReader(&next.bytes, nonce, true)
	return next, nil
}

// stream is one of them; its bytes end with a trailer or are cut.
type stream struct {
	*archive.Reader
	bytes  bytes.Buffer
	err    error // of Open
	closed int
}

func (s *stream) Verify() (transfer.Proof, error) {
	end, err := s.Finish()
	switch {
	case err != nil:
		return transfer.Proof{}, &transfer.LostError{Cause: err}
	case end.Status != 0:
		return transfer.Proof{}, &transfer.RemoteError{Status: end.Status, Messages: []string{"said so"}}
	}
	return transfer.Proof{Hashed: true}, nil
}

func (s *stream) Close() error {
	s.closed++
	return nil
}

// sends is a stream of headers whose content is their length of "x".
func sends(t *testing.T, status int, headers ...tar.Header) *stream {
	t.Helper()
	s := &stream{}
	seal := archive.NewWriter(&s.bytes, nonce)
	w := tar.NewWriter(seal)
	for _, hdr := range headers {
		if err := w.WriteHeader(&hdr); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte("x"), int(hdr.Size))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := seal.Finish(status); err != nil {
		t.Fatal(err)
	}
	return s
}

// cut keeps the first n bytes of s only.
func (s *stream) cut(n int) *stream {
	s.bytes.Truncate(n)
	return s
}

// file is a header; its second of modification tells versions apart.
func file(name string, size int64, second int64) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: size, ModTime: time.Unix(second, 0)}
}

func symlink(name, target string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target, Mode: 0o777}
}

func hardLink(name, first string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: first}
}

// node is what file arrives as.
func node(size int, second int64) filetree.Node {
	data := string(bytes.Repeat([]byte("x"), size))
	return filetree.File(filetree.Short(data)).At(time.Unix(second, 0))
}

// to is a request for what s sends.
func to(t *testing.T, streams ...*stream) (transfer.Request, *source) {
	t.Helper()
	s := &source{streams: streams}
	return transfer.Request{
		Source: s, SourceID: "uid", Dir: filepath.Join(t.TempDir(), "new", "dir"),
		Receipts: filepath.Join(t.TempDir(), "receipts"),
	}, s
}
