package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// everything writes one frame of every kind, and enough data for several blocks.
func everything(w *Writer) {
	_ = w.Node(Node{Type: Directory, Path: "d", ModTime: time.Unix(1, 1)})
	_ = w.Node(Node{Type: Symlink, Path: "d/l", Target: "x", Device: 1, Inode: 2})
	_ = w.Node(Node{Path: "d/p", Refused: "it is a named pipe"})
	_ = w.Node(Node{Type: Regular, Path: "d/r", Size: 5, Stored: 5, Recent: true})
	_ = w.Node(Node{Type: Directory, Path: "s", Skipped: "it belongs to the file system"})
	_ = w.File(File{Index: 3, Size: 1000, Mode: 0o600, Offset: 10, Recent: true})
	_ = w.Hole(1 << 40)
	room, _ := w.Data(500)
	w.Commit(copy(room, bytes.Repeat([]byte("data"), 125)))
	_ = w.FileEnd(FileEnd{State: Growing})
	_ = w.Failure(Failure{Index: 4, Code: Gone, Text: "no longer exists"})
	_ = w.Sum(Sum{Index: 5, Length: 6, Sum: [16]byte{7}})
}

func TestCutAnywhere(t *testing.T) {
	for _, codec := range []Codec{None, S2, Zstd} {
		whole := stream(t, codec, everything)
		var reader Reader
		for n := range whole {
			_, err := readStream(&reader, whole[:n])
			if !errors.Is(err, ErrTruncated) {
				t.Fatalf("%s: cut at %d of %d: %v", codec, n, len(whole), err)
			}
		}
	}
}

func TestAnyBitCounts(t *testing.T) {
	for _, codec := range []Codec{None, S2, Zstd} {
		whole := stream(t, codec, everything)
		want, _ := frames(bytes.NewReader(whole))
		var reader Reader
		for i := range 8 * len(whole) {
			broken := bytes.Clone(whole)
			broken[i/8] ^= 1 << (i % 8)
			got, err := readStream(&reader, broken)
			// A bit of a compressed block may make another block of the same content.
			if errors.Is(err, io.EOF) && !equalFrames(want, got) {
				t.Fatalf("%s: bit %d of byte %d went unnoticed", codec, i%8, i/8)
			}
		}
	}
}

func equalFrames(a, b []Frame) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != b[i].Kind || a[i].Node != b[i].Node || a[i].File != b[i].File || !bytes.Equal(a[i].Data, b[i].Data) {
			return false
		}
	}
	return true
}

// TestWhatFollowsTheEnd: another block is damage. Less than one is a connection
// that ended badly when all was proven to be here.
func TestWhatFollowsTheEnd(t *testing.T) {
	whole := stream(t, None, everything)
	for name, tt := range map[string]struct {
		extra []byte
		want  error
	}{
		"itself":   {whole, ErrCorrupt},
		"no block": {make([]byte, headerLen), ErrCorrupt},
		"a byte":   {whole[:1], io.EOF},
	} {
		if _, err := frames(bytes.NewReader(append(bytes.Clone(whole), tt.extra...))); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// blockOf is a block whose header says what it likes.
func blockOf(codec Codec, raw, wire uint32, payload string) []byte {
	b := make([]byte, headerLen)
	putHeader(b, codec, int(raw), int(wire))
	return append(b, payload...)
}

func TestHostileBlocks(t *testing.T) {
	frame := func(kind Kind, fields ...byte) []byte {
		content := append([]byte{byte(kind)}, fields...)
		return blockOf(None, uint32(len(content)), uint32(len(content)), string(content))
	}
	endless := binary.AppendUvarint(nil, 1<<63)
	for name, block := range map[string][]byte{
		"an unknown codec":          blockOf(3, 1, 1, "x"),
		"nothing":                   blockOf(None, 0, 0, ""),
		"more than a block":         blockOf(None, MaxBlock+1, MaxBlock+1, ""),
		"four gigabytes":            blockOf(Zstd, 1<<32-1, 1<<32-1, ""),
		"longer when compressed":    blockOf(S2, 10, 11, "12345678901"),
		"no s2":                     blockOf(S2, 1000, 3, "\xff\xff\xff"),
		"no zstd":                   blockOf(Zstd, 1000, 3, "abc"),
		"an unknown frame":          frame(77),
		"frame zero":                frame(0),
		"a path that shares more":   frame(KindNode, 0, 5, 0, 0, 0, 0),
		"a path without end":        frame(KindNode, append([]byte{0, 0}, endless...)...),
		"a shared part without end": frame(KindNode, append([]byte{0}, endless...)...),
		"an unknown flag":           frame(KindNode, 0x80, 0, 1, 'a', 0, 0, 0),
		"data without end":          frame(KindData, 0xff, 0xff, 0xff, 0xff),
		"no data":                   frame(KindData, 0, 0, 0, 0),
		"a hole of nothing":         frame(KindHole, 0),
		"a hole without end":        frame(KindHole, endless...),
		"an unknown state":          frame(KindFileEnd, append(make([]byte, 16), 3)...),
		"an unknown code":           frame(KindFailure, 0, 9, 0),
		"a text without end":        frame(KindFailure, append([]byte{0, 0}, endless...)...),
		"an index beyond requests":  frame(KindFailure, 0x80, 0x80, 0x04, 0, 0),
		"an offset beyond the size": frame(KindFile, 0, 1, 0, 0, 0, 2),
		"a mode that is none":       frame(KindFile, 0, 1, 0x80, 0x10, 0, 0, 0),
		"half a frame":              frame(KindSum, 1, 2, 3),
		"an end of nothing":         frame(kindEnd, make([]byte, 32)...),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := frames(bytes.NewReader(block)); !errors.Is(err, ErrCorrupt) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestABombStaysSmall sends blocks that would be large if they were believed.
func TestABombStaysSmall(t *testing.T) {
	var pack compressor
	zeros := make([]byte, 64<<20)
	for _, codec := range []Codec{S2, Zstd} {
		bomb, _ := pack.shrink(codec, nil, zeros)
		if len(bomb) >= MaxBlock {
			bomb = bomb[:MaxBlock-1]
		}
		block := blockOf(codec, MaxBlock, uint32(len(bomb)), string(bomb))
		var atStart, atEnd runtime.MemStats
		runtime.ReadMemStats(&atStart)
		_, err := frames(bytes.NewReader(block))
		runtime.ReadMemStats(&atEnd)
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", codec, err)
		}
		if grew := atEnd.TotalAlloc - atStart.TotalAlloc; grew > 16<<20 {
			t.Errorf("%s: %d bytes were allocated", codec, grew)
		}
	}
}

func listed(r Request) (entries []Entry) {
	for _, e := range r.All() {
		entries = append(entries, e)
	}
	return entries
}

func TestRequests(t *testing.T) {
	entries := []Entry{{Path: "a"}, {Path: "b/\xff\n", Number: 1 << 62}, {Path: "", Number: -1}}
	var request []byte
	for _, e := range entries {
		request = AppendEntry(request, e)
	}
	parsed, err := ParseRequest(request)
	if err != nil {
		t.Fatal(err)
	}
	if back := listed(parsed); !slices.Equal(back, entries) {
		t.Errorf("%v", back)
	}
	many := bytes.Repeat(AppendEntry(nil, Entry{Path: "x"}), MaxEntries+1)
	for name, tt := range map[string]struct {
		request []byte
		want    error
	}{
		"too long":           {make([]byte, MaxRequest+1), ErrTooLarge},
		"too many":           {many, ErrTooLarge},
		"half":               {request[:len(request)-1], ErrCorrupt},
		"a path too long":    {AppendEntry(nil, Entry{Path: strings.Repeat("x", MaxPath+1)}), ErrCorrupt},
		"less than all":      {AppendEntry(nil, Entry{Path: "x", Number: -2}), ErrCorrupt},
		"a number of eleven": {append([]byte{1, 'x'}, bytes.Repeat([]byte{0xff}, 11)...), ErrCorrupt},
	} {
		if _, err := ParseRequest(tt.request); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
