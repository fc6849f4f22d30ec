// Package tar is the Source that needs nothing but sh and tar in the
// container: one exec, whose script packs the tree and ends the stream with the
// trailer that package tarproof verifies.
//
// What it promises: the script writes nothing and needs no rights beyond reading
// the tree; it runs in any POSIX shell, including busybox. All data are
// arguments, never part of the script. The script waits for the client's response
// before it ends, because output that is in transit when an exec ends may be
// lost. A stream is closed in bounded time and leaves no goroutine behind.
//
// What it does not promise: with a tar that has no --sparse, holes are sent as
// zeros; without sha256sum or tee the end is proven but not each byte. Only
// seconds of modification times are carried.
package tar
