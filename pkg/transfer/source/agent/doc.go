// Package agent is the transfer.Source whose files an agent serves.
//
// What it promises: a stream's io.EOF means that the agent proved to have sent
// all of it; a stream that is cut, damaged, or silent for longer than the constant
// silence is a *transfer.LostError. It holds a few MiB for each stream that is open, however
// much comes.
//
// What it does not promise: to hash the content. It passes the agent's hashes
// on, and whoever stores the bytes compares.
package agent
