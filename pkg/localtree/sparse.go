package localtree

import (
	"bytes"
	"io"
)

// blockSize is the least run of zeros, in bytes, that becomes a hole.
const blockSize = 4 << 10

// writeSparse writes p at offset and skips its blocks of zeros. It returns the end of the
// last write, 0 if it wrote nothing.
func writeSparse(file io.WriterAt, p []byte, offset int64) (end int64, err error) {
	for len(p) > 0 {
		n := zeros(p, offset)
		if n == 0 {
			n = data(p, offset)
			if _, err := file.WriteAt(p[:n], offset); err != nil {
				return end, err
			}
			end = offset + int64(n)
		}
		p, offset = p[n:], offset+int64(n)
	}
	return end, nil
}

// zeros returns the length of the blocks of zeros at the start of p, which is written at
// offset. File systems have holes only for whole blocks.
func zeros(p []byte, offset int64) int {
	n := 0
	for {
		block := p[n:min(len(p), n+blockRest(offset+int64(n)))]
		if len(block) == 0 || !allZero(block) {
			return n
		}
		n += len(block)
	}
}

// data returns the length of p before its next block of zeros.
func data(p []byte, offset int64) int {
	n := blockRest(offset)
	for n < len(p) && zeros(p[n:], offset+int64(n)) == 0 {
		n += blockSize
	}
	return min(n, len(p))
}

// blockRest returns how many bytes there are from offset to the end of its block.
func blockRest(offset int64) int { return blockSize - int(offset%blockSize) }

// allZero reports whether p, which is not empty, holds zeros only.
func allZero(p []byte) bool { return p[0] == 0 && bytes.Equal(p[1:], p[:len(p)-1]) }
