package embedded_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
)

func TestPackedAndBack(t *testing.T) {
	program := bytes.Repeat([]byte("program"), 100_000)
	packed, err := embedded.Pack(program)
	if err != nil {
		t.Fatal(err)
	}
	second, err := embedded.Pack(program)
	if err != nil || !bytes.Equal(packed, second) {
		t.Errorf("packed twice, it differs: %v", err)
	}
	b, err := embedded.Read(packed)
	if err != nil {
		t.Fatal(err)
	}
	if b.Size != int64(len(program)) || b.SHA256 != embedded.Hash(program) {
		t.Errorf("size %d, hash %s", b.Size, b.SHA256)
	}
	reader := b.Open()
	defer func() { _ = reader.Close() }()
	if back, err := io.ReadAll(reader); err != nil || !bytes.Equal(back, program) {
		t.Errorf("what comes out differs: %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := embedded.Pack(make([]byte, 10<<20+1)); err == nil {
		t.Error("a program of more than 10 MiB was packed")
	}
}

// TestEmbedded looks at what `make build` left here, if it ever ran.
func TestEmbedded(t *testing.T) {
	slowtest.Skip(t)
	if _, ok := embedded.For("riscv64"); ok {
		t.Error("there is an agent for a machine that none is built for")
	}
	if !embedded.Available() {
		t.Skip("make build has not put any agents here")
	}
	for _, machine := range []string{"x86_64", "amd64", "aarch64", "arm64"} {
		b, ok := embedded.For(machine)
		if !ok {
			t.Errorf("%s has no agent", machine)
			continue
		}
		program, err := io.ReadAll(b.Open())
		if err != nil || int64(len(program)) != b.Size || embedded.Hash(program) != b.SHA256 {
			t.Errorf("%s: %d bytes, said to be %d: %v", machine, len(program), b.Size, err)
		}
	}
}
