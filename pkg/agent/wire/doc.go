// Package wire is how two ends of a tunnel name files and send their content.
//
// A stream is a sequence of blocks, each compressed on its own. What lies in
// the blocks is a sequence of frames; a frame never crosses a block. The last
// block holds the end frame alone, with the count, the length and a hash of
// everything before it.
//
// What it promises: a Reader returns io.EOF only after an end frame that agrees
// with all that came before it and that nothing follows. Anything else is
// ErrTruncated or ErrCorrupt. A hostile stream or request costs at most a few
// MiB of memory, whatever it claims. A sender is never silent for more than two
// beats, however long it needs for one frame.
//
// What it does not promise: secrecy, or that nobody forged the stream; the
// connection below does that. It knows neither what the paths mean nor which of
// the two ends stores files. Paths are arbitrary bytes.
package wire
