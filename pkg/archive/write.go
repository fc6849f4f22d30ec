package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
)

const (
	copySize  = 256 << 10 // bytes of content read at once
	blockSize = 4 << 10   // the least run of zeros that becomes a hole
)

// file writes the regular file of entry from content.
func (u *unpacking) file(entry Entry, content io.Reader) (Outcome, error) {
	action, info, err := u.decide(entry)
	if err != nil {
		return Outcome{}, err
	}
	if action == Keep && !info.Mode().IsRegular() {
		u.Progress(entry.Path, entry.Size)
		return Outcome{Verdict: Verdict{Action: Keep}, Local: info}, nil
	}
	if action == Keep {
		return u.keep(entry, info, content)
	}
	return u.write(entry, content)
}

// keep leaves the file that is here, if its content is that of the stream: size
// and time alone cannot tell a file that was copied while it was written. One
// that differs is decided about anew.
func (u *unpacking) keep(entry Entry, info fs.FileInfo, content io.Reader) (Outcome, error) {
	dir, err := u.in(path.Dir(entry.Path))
	if err != nil {
		return Outcome{}, err
	}
	var here io.ReaderAt = bytes.NewReader(nil)
	if file, err := dir.Open(path.Base(entry.Path)); err == nil {
		defer func() { _ = file.Close() }()
		here = file
	}
	same, other, err := u.compare(entry, here, content)
	switch {
	case err != nil:
		return Outcome{}, err
	case other == nil:
		return Outcome{Verdict: Verdict{Action: Keep}, Local: info}, nil
	}
	if verdict := u.Decide(entry, Local{Info: info, Differs: true}); verdict.Action != Write {
		return Outcome{}, refusal(verdict.Reason)
	}
	u.Progress(entry.Path, -same)
	return u.write(entry, io.MultiReader(io.NewSectionReader(here, 0, same), bytes.NewReader(other), content))
}

// compare reads content until it differs from what is here. It returns how many
// bytes are the same, and those read beyond that; none where all are the same.
func (u *unpacking) compare(entry Entry, here io.ReaderAt, content io.Reader) (same int64, other []byte, err error) {
	local := make([]byte, copySize)
	for same < entry.Size {
		n, err := io.ReadFull(content, u.buffer[:min(copySize, entry.Size-same)])
		if err != nil {
			return same, nil, &StreamError{fmt.Errorf("in %q: %w", entry.Path, noEOF(err))}
		}
		if m, _ := here.ReadAt(local[:n], same); m != n || !bytes.Equal(local[:n], u.buffer[:n]) {
			return same, bytes.Clone(u.buffer[:n]), nil
		}
		same += int64(n)
		u.Progress(entry.Path, int64(n))
	}
	return same, nil, nil
}

func (u *unpacking) write(entry Entry, content io.Reader) (Outcome, error) {
	part, err := u.newPartial(entry)
	if err != nil {
		return Outcome{}, err
	}
	defer part.discard()
	if err := part.create(); err != nil {
		return Outcome{}, err
	}
	if err := u.fill(part.file, entry, content); err != nil {
		return Outcome{}, err
	}
	if err := part.finish(); err != nil {
		return Outcome{}, err
	}
	return part.commit()
}

// fill copies the whole size of entry to file; less is an error of the stream.
func (u *unpacking) fill(file *os.File, entry Entry, content io.Reader) error {
	for at := int64(0); at < entry.Size; {
		n, err := io.ReadFull(content, u.buffer[:min(copySize, entry.Size-at)])
		if err != nil {
			return &StreamError{fmt.Errorf("in %q: %w", entry.Path, noEOF(err))}
		}
		if err := writeSparse(file, u.buffer[:n], at); err != nil {
			return fmt.Errorf("writing %q: %w", entry.Path, err)
		}
		at += int64(n)
		u.Progress(entry.Path, int64(n))
	}
	if err := lengthen(file, entry.Size); err != nil {
		return fmt.Errorf("writing %q: %w", entry.Path, err)
	}
	return nil
}

// lengthen makes a hole at the end of file, where one was left out.
func lengthen(file *os.File, size int64) error {
	info, err := file.Stat()
	if err != nil || info.Size() == size {
		return err
	}
	return file.Truncate(size)
}

// noEOF keeps a file that ends early from looking like the end of something.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// writeSparse writes p at offset at and leaves its blocks of zeros out.
func writeSparse(file io.WriterAt, p []byte, at int64) error {
	for len(p) > 0 {
		if n := zeros(p); n > 0 {
			p, at = p[n:], at+int64(n)
			continue
		}
		n := data(p)
		if _, err := file.WriteAt(p[:n], at); err != nil {
			return err
		}
		p, at = p[n:], at+int64(n)
	}
	return nil
}

// zeros is the length of the whole blocks of zeros that p begins with.
func zeros(p []byte) int {
	n := 0
	for len(p)-n >= blockSize && [blockSize]byte(p[n:]) == [blockSize]byte{} {
		n += blockSize
	}
	return n
}

// data is the length of what p begins with up to its next block of zeros.
func data(p []byte) int {
	for n := blockSize; n < len(p); n += blockSize {
		if zeros(p[n:]) > 0 {
			return n
		}
	}
	return len(p)
}
