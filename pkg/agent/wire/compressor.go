package wire

import (
	"slices"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

// compressor holds what the codecs need from block to block.
type compressor struct{ zstd *zstd.Encoder }

// shrink appends src, compressed, to dst. ok is false if compression saves less than
// 1/32 of the size: then decompression costs the receiver more than the saved bytes.
// The caller must not use the appended bytes in that case.
func (c *compressor) shrink(codec Codec, dst, src []byte) (out []byte, ok bool) {
	switch codec {
	case S2:
		out = slices.Grow(dst, s2.MaxEncodedLen(len(src)))
		out = out[:len(dst)+len(s2.Encode(out[len(dst):cap(out)], src))]
	case Zstd:
		out = c.encoder().EncodeAll(src, dst)
	default:
		return dst, false
	}
	return out, len(out)-len(dst) < len(src)-len(src)/32
}

// encoder creates the zstd encoder at the first use, because many streams never use it.
func (c *compressor) encoder() *zstd.Encoder {
	if c.zstd == nil {
		// The options are constants, so that this cannot fail.
		c.zstd, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest),
			zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(MaxBlock),
			zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	}
	return c.zstd
}

// expander decompresses what a compressor wrote.
type expander struct{ zstd *zstd.Decoder }

// expand decompresses wire into dst. It fails if the content does not have exactly the length of dst.
func (e *expander) expand(codec Codec, dst, wire []byte) error {
	var out []byte
	var err error
	switch codec {
	case S2:
		var n int
		if n, err = s2.DecodedLen(wire); err == nil && n == len(dst) {
			out, err = s2.Decode(dst, wire)
		}
	case Zstd:
		out, err = e.decoder().DecodeAll(wire, dst[:0:len(dst)])
	case None, Auto:
	}
	if err != nil || len(out) != len(dst) {
		return corrupt("cannot decompress a block")
	}
	return nil
}

func (e *expander) decoder() *zstd.Decoder {
	if e.zstd == nil {
		// The cap limit is what keeps a hostile block from growing beyond what its
		// header said; the options are constants, there is nothing to fail.
		e.zstd, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(MaxBlock), zstd.WithDecoderMaxWindow(MaxBlock), zstd.WithDecodeAllCapLimit(true))
	}
	return e.zstd
}
