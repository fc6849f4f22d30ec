package transfer

import "github.com/kubectl-batch/kubectl-batch/pkg/localtree"

// Evidence is what was known about a file when it was read. It decides whether equal size and times prove later
// that its content is unchanged. The zero value proves nothing.
type Evidence uint8

const (
	// SettledTimes says that every further change changes the times of the file: the source reported when it was
	// last changed, and it was not localtree.Entry.Recent.
	SettledTimes Evidence = 1 << iota
	// IdleTree says that nothing could write to the tree: Request.InUse was false.
	IdleTree
)

// EvidenceOf returns the evidence for a file that is being read.
func EvidenceOf(entry localtree.Entry, inUse bool) (e Evidence) {
	if !entry.Recent && !entry.Changed.IsZero() {
		e |= SettledTimes
	}
	if !inUse {
		e |= IdleTree
	}
	return e
}

// Proves reports whether equal size and times prove equal content. While the tree is in use, files that were copied
// in use count as equal: they are compared by the first fetch after that.
func (e Evidence) Proves(inUse bool) bool {
	return e&SettledTimes != 0 && (e&IdleTree != 0 || inUse)
}
