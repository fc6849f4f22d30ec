// Package wire is how two ends of a tunnel name files and send their content.
//
// A stream is a sequence of blocks, each compressed separately. The content of the
// blocks is a sequence of frames. A frame never crosses a block. The last block has
// only the end frame, with the count, the length and a hash of all previous frames.
//
// What it promises: a Reader returns io.EOF only after an end frame that matches
// the previous frames and that nothing follows. Otherwise it returns ErrTruncated
// or ErrCorrupt. A hostile stream or request uses at most a few MiB of memory. A
// sender sends data or a heartbeat at least every two beats.
//
// What it does not promise: secrecy and authenticity, which the connection
// provides. The package does not interpret paths. Paths are arbitrary bytes.
package wire
