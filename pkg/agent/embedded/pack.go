package embedded

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
)

// The maximum size of an agent in bytes. Each fetch sends it through an exec, and each
// download of this program contains it twice.
const (
	maxSize       = 10 << 20
	maxCompressed = 3_500_000
)

// Pack compresses an agent. Equal programs give equal results. An agent that is
// too large is an error.
func Pack(program []byte) ([]byte, error) {
	if len(program) > maxSize {
		return nil, fmt.Errorf("the agent has %d bytes, the limit is %d", len(program), maxSize)
	}
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	writer.Comment = fmt.Sprintf(commentFormat, len(program), Hash(program))
	if _, err := writer.Write(program); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	if packed.Len() > maxCompressed {
		return nil, fmt.Errorf("the compressed agent has %d bytes, the limit is %d", packed.Len(), maxCompressed)
	}
	return packed.Bytes(), nil
}

// Hash is the SHA-256 of a program, in hex.
func Hash(program []byte) string { return fmt.Sprintf("%x", sha256.Sum256(program)) }
