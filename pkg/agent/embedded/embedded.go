// Package embedded holds the agents for the machines that pods run on.
//
// What it promises: a Binary has its size and SHA-256, so that the caller can verify a
// copy of it. What it does not promise: that there is a Binary. `make build` builds and
// embeds them. A program that was built in another way has none, and Available
// returns false.
package embedded

import (
	"bytes"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
)

// programs contains the agents, and always a file that says how they are built.
//
//go:embed programs
var programs embed.FS

// Binary is one agent.
type Binary struct {
	// SHA256 is the hash, in hex, and Size the length in bytes, both of the program
	// before compression.
	SHA256 string
	Size   int64

	compressed []byte
}

// For returns the agent for a machine type as printed by uname -m. If no agent supports the
// type, ok is false.
func For(machine string) (b Binary, ok bool) {
	arch, supported := architecture(machine)
	if !supported {
		return Binary{}, false
	}
	compressed, err := programs.ReadFile("programs/" + File(arch))
	if err != nil {
		return Binary{}, false
	}
	b, err = Read(compressed)
	return b, err == nil
}

// File is the name under which the agent for a Go architecture is embedded.
func File(arch string) string { return "batch-agent-linux-" + arch + ".gz" }

// Available reports whether there are agents at all.
func Available() bool {
	_, amd64 := For("x86_64")
	_, arm64 := For("aarch64")
	return amd64 || arm64
}

// architecture returns Go's name of a machine type as printed by uname -m.
func architecture(machine string) (arch string, supported bool) {
	switch machine {
	case "x86_64", "amd64":
		return "amd64", true
	case "aarch64", "arm64":
		return "arm64", true
	}
	return "", false
}

// Open returns the bytes of the program.
func (b Binary) Open() io.ReadCloser {
	reader, err := gzip.NewReader(bytes.NewReader(b.compressed))
	if err != nil { // Read has read this header before
		return io.NopCloser(bytes.NewReader(nil))
	}
	return reader
}

// Compressed returns the program compressed with gzip. The caller must not change it.
func (b Binary) Compressed() []byte { return b.compressed }

// Read reads the header of a packed agent, which has the size and hash in its comment.
func Read(compressed []byte) (Binary, error) {
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return Binary{}, err
	}
	b := Binary{compressed: compressed}
	if _, err := fmt.Sscanf(reader.Comment, commentFormat, &b.Size, &b.SHA256); err != nil {
		return Binary{}, fmt.Errorf("packed agent has no size and hash: %w", err)
	}
	return b, nil
}

// commentFormat is size and hash in a gzip header.
const commentFormat = "%d %s"
