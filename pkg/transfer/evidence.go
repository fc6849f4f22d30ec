package transfer

import "github.com/kubectl-batch/kubectl-batch/pkg/localtree"

// Evidence is what was known of a file when it was read. It decides whether equal size and times prove later
// that its content is still the same. Its zero value proves nothing.
type Evidence uint8

const (
	// SettledTimes says that the next change had to show in its times: the source told when it was last
	// changed, and it was not localtree.Entry.Recent.
	SettledTimes Evidence = 1 << iota
	// IdleTree says that nothing could write to the tree: there was no Request.InUse.
	IdleTree
)

// EvidenceOf is that of a file which is read now.
func EvidenceOf(entry localtree.Entry, inUse bool) (e Evidence) {
	if !entry.Recent && !entry.Changed.IsZero() {
		e |= SettledTimes
	}
	if !inUse {
		e |= IdleTree
	}
	return e
}

// Proves reports whether equal size and times prove equal content. For as long as the tree is in use, what
// was copied from it in use is taken for equal: it is compared before anything relies on it.
func (e Evidence) Proves(inUse bool) bool {
	return e&SettledTimes != 0 && (e&IdleTree != 0 || inUse)
}
