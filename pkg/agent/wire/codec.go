package wire

import (
	"fmt"
)

// Codec is how one block is compressed.
type Codec byte

const (
	// None sends the bytes as they are.
	None Codec = 0
	// S2 is fast and compresses logs to about 40 % of their size.
	S2 Codec = 1
	// Zstd takes more than twice as long as S2 and compresses logs to about 20 % of their size.
	Zstd Codec = 2
	// Auto lets a Writer choose by what it measures. No block carries it.
	Auto Codec = 255
)

// codecs is the number of codecs that a block header can contain.
const codecs = 3

// String is the name that ParseCodec takes.
func (c Codec) String() string {
	switch c {
	case None:
		return "none"
	case S2:
		return "s2"
	case Zstd:
		return "zstd"
	case Auto:
		return "auto"
	}
	return fmt.Sprintf("codec %d", byte(c))
}

// ParseCodec reads the name of a Codec; the empty one is Auto.
func ParseCodec(name string) (Codec, error) {
	switch name {
	case "none":
		return None, nil
	case "s2":
		return S2, nil
	case "zstd":
		return Zstd, nil
	case "auto", "":
		return Auto, nil
	}
	return None, fmt.Errorf("unknown compression %q: must be auto, zstd, s2 or none", name)
}
