package binary_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/binary"
)

func TestPackedAndBack(t *testing.T) {
	program := bytes.Repeat([]byte("program"), 100_000)
	packed, err := binary.Pack(program)
	if err != nil {
		t.Fatal(err)
	}
	again, err := binary.Pack(program)
	if err != nil || !bytes.Equal(packed, again) {
		t.Errorf("packed twice, it differs: %v", err)
	}
	b, err := binary.Read(packed)
	if err != nil {
		t.Fatal(err)
	}
	if b.Size != int64(len(program)) || b.SHA256 != binary.Hash(program) {
		t.Errorf("size %d, hash %s", b.Size, b.SHA256)
	}
	reader := b.Open()
	defer func() { _ = reader.Close() }()
	if back, err := io.ReadAll(reader); err != nil || !bytes.Equal(back, program) {
		t.Errorf("what comes out differs: %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := binary.Pack(make([]byte, 10<<20+1)); err == nil {
		t.Error("a program of more than 10 MiB was packed")
	}
}

// TestEmbedded looks at what `make build` left here, if it ever ran.
func TestEmbedded(t *testing.T) {
	if _, ok := binary.For("riscv64"); ok {
		t.Error("there is an agent for a machine that none is built for")
	}
	if !binary.Embedded() {
		t.Skip("make build has not put any agents here")
	}
	for _, machine := range []string{"x86_64", "amd64", "aarch64", "arm64"} {
		b, ok := binary.For(machine)
		if !ok {
			t.Errorf("%s has no agent", machine)
			continue
		}
		program, err := io.ReadAll(b.Open())
		if err != nil || int64(len(program)) != b.Size || binary.Hash(program) != b.SHA256 {
			t.Errorf("%s: %d bytes, said to be %d: %v", machine, len(program), b.Size, err)
		}
	}
}
