package wire

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// digest is the summary of all previous blocks in an end frame. It is a hash of the
// hashes of the blocks, so that several goroutines can hash blocks, each of them once.
type digest struct {
	frames, bytes uint64
	sums          xxh3.Hasher
}

// sumOf is the hash of one block before compression.
func sumOf(raw []byte) [16]byte { return xxh3.Hash128(raw).Bytes() }

// add adds a block.
func (d *digest) add(frames uint64, raw int, sum [16]byte) {
	d.frames += frames
	d.bytes += uint64(raw)
	_, _ = d.sums.Write(sum[:])
}

// appendEnd appends the end frame.
func (d *digest) appendEnd(b []byte) []byte {
	b = append(b, byte(kindEnd))
	b = binary.BigEndian.AppendUint64(b, d.frames)
	b = binary.BigEndian.AppendUint64(b, d.bytes)
	sum := d.sums.Sum128().Bytes()
	return append(b, sum[:]...)
}
