package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type buffer struct{ bytes.Buffer }

func (*buffer) Flush() error { return nil }

// stream is what write makes of a stream.
func stream(t *testing.T, codec Codec, write func(*Writer)) []byte {
	t.Helper()
	var b buffer
	w := NewWriter(Config{Now: time.Now})
	w.Start(&b, codec)
	write(w)
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// frames is all frames of a stream, data copied.
func frames(r io.Reader) ([]Frame, error) {
	return read(NewReader(r))
}

// readStream is frames with a Reader that is used again.
func readStream(reader *Reader, stream []byte) ([]Frame, error) {
	reader.Reset(bytes.NewReader(stream))
	return read(reader)
}

func read(reader *Reader) (frames []Frame, err error) {
	for {
		f, err := reader.Next()
		if err != nil {
			return frames, err
		}
		frame := *f
		frame.Data = nil
		if f.Kind == KindData {
			frame.Data = bytes.Clone(f.Data)
		}
		frames = append(frames, frame)
	}
}

func TestRoundTrip(t *testing.T) {
	nodes := []Node{
		{Type: Directory, Path: ".", Mode: 0o755, ModTime: time.Unix(1, 2)},
		{Type: Regular, Path: "a/b\xff\n", Mode: 0o600, Size: 1 << 40, ModTime: time.Unix(-5, 999_999_999), Device: 7, Inode: 1 << 63},
		{Type: Symlink, Path: "a/c", Target: "../x", ModTime: time.Unix(1<<40, 0)},
		{Type: Other, Path: "pipe", Refused: "it is a named pipe"},
		{Type: Regular, Path: "young", Size: 1, Recent: true, ModTime: time.Unix(1, 2)},
		{Type: Directory, Path: "lost+found", Skipped: "it belongs to the file system", ModTime: time.Unix(1, 2)},
	}
	for _, codec := range []Codec{None, S2, Zstd, Auto} {
		t.Run(codec.String(), func(t *testing.T) {
			got, err := frames(bytes.NewReader(stream(t, codec, func(w *Writer) {
				for _, n := range nodes {
					if err := w.Node(n); err != nil {
						t.Fatal(err)
					}
				}
			})))
			if !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			var back []Node
			for _, f := range got {
				back = append(back, f.Node)
			}
			if diff := cmp.Diff(nodes, back); diff != "" {
				t.Error(diff)
			}
		})
	}
}
