// Package agent is the transfer.Source whose files an agent serves.
//
// What it promises: io.EOF of a stream means that the agent proved that it sent all of it.
// A stream that is cut, damaged, or without data for longer than the constant silence is a
// *transfer.LostError. An open stream uses a few MiB of memory, independent of its length.
//
// What it does not promise: to hash the content. It returns the agent's hashes, and the
// caller compares them with the received bytes.
package agent
