package targz_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/release/targz"
)

func pack(t *testing.T, modified time.Time, entries ...targz.Entry) []byte {
	t.Helper()
	var packed bytes.Buffer
	if err := targz.Pack(&packed, modified, entries...); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func TestPack(t *testing.T) {
	program := targz.Entry{Name: "program", Mode: 0o755, Data: bytes.Repeat([]byte("program"), 1000)}
	license := targz.Entry{Name: "LICENSE", Mode: 0o644, Data: []byte("license\n")}
	modified := time.Unix(1_700_000_000, 0)
	packed := pack(t, modified, program, license)
	if repeated := pack(t, modified.UTC(), license, program); !bytes.Equal(packed, repeated) {
		t.Error("another order and another time zone give other bytes")
	}
	if later := pack(t, modified.Add(time.Second), program, license); bytes.Equal(packed, later) {
		t.Error("another time gives the same bytes")
	}

	unzipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if !unzipped.ModTime.IsZero() || unzipped.Name != "" || unzipped.Comment != "" || len(unzipped.Extra) > 0 {
		t.Errorf("the gzip header has more than it needs: %+v", unzipped.Header)
	}
	archive := tar.NewReader(unzipped)
	for _, want := range []targz.Entry{license, program} {
		header, err := archive.Next()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, targz.Entry{Name: header.Name, Mode: header.Mode, Data: data}); diff != "" {
			t.Error(diff)
		}
		if header.Uid != 0 || header.Gid != 0 || header.Uname != "" || header.Gname != "" || !header.ModTime.Equal(modified) {
			t.Errorf("%+v", header)
		}
	}
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("there is more: %v", err)
	}
}

func TestPackErrors(t *testing.T) {
	if err := targz.Pack(full{}, time.Unix(0, 0), targz.Entry{Name: "a"}); err == nil {
		t.Error("what could not be written was packed")
	}
	if err := targz.Pack(io.Discard, time.Unix(0, 0), targz.Entry{Name: string(make([]byte, 300))}); err == nil {
		t.Error("a name that no header holds was packed")
	}
}

// full is a disk with no room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }
