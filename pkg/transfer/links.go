package transfer

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// LinkVerdict says what to do with a symlink.
type LinkVerdict struct {
	// Create says that the symlink is created with the target of the entry.
	Create bool
	// Refused is the target, if it is missing in the copy. Skipped is the symlink, if nothing is missing without it.
	Refused, Skipped *Refusal
}

// JudgeLink decides about the symlink entry. problem is the error of localtree for its target: nil if entry.Target has
// the form for the local tree. It returns false if entry is not a symlink, or if the caller should report problem.
//
// A target that is on no claim cannot be fetched and is not missing. A target on the same claim that was not requested
// is missing.
func (r Request) JudgeLink(entry localtree.Entry, problem error) (LinkVerdict, bool) {
	if entry.Type != localtree.Symlink {
		return LinkVerdict{}, false
	}
	requested := slices.Contains(r.Paths, entry.Path) // Roots follows these
	outside, leadsOut := errors.AsType[*localtree.OutsideError](problem)
	switch {
	case problem != nil && !leadsOut:
		return LinkVerdict{}, false
	case !leadsOut:
		return r.linkInside(entry, requested), true
	case outside.Place != "":
		reason := fmt.Sprintf("target of symlink %q, outside the fetched directory on the same claim", entry.Path)
		return LinkVerdict{Create: r.KeepLinks, Refused: &Refusal{outside.Place, reason}}, true
	case r.KeepLinks:
		return LinkVerdict{Create: true}, true
	}
	refusal := &Refusal{entry.Path, outside.Error()}
	if requested {
		return LinkVerdict{Refused: refusal}, true
	}
	return LinkVerdict{Skipped: refusal}, true
}

// linkInside decides about a symlink that leads to a path in the tree.
func (r Request) linkInside(entry localtree.Entry, requested bool) LinkVerdict {
	target := path.Join(path.Dir(entry.Path), entry.Target)
	if requested || r.Wanted(target) {
		return LinkVerdict{Create: true}
	}
	return LinkVerdict{Create: true, Refused: &Refusal{target, fmt.Sprintf("target of symlink %q, but not requested", entry.Path)}}
}
