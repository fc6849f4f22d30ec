package transfer

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// LinkVerdict is what becomes of a symlink.
type LinkVerdict struct {
	// Create says that the symlink is created, with the target that it was judged by.
	Create bool
	// Refused is what is missing since the symlink leads to it; Skipped is the symlink, without which nothing is missing.
	Refused, Skipped *Refusal
}

// JudgeLink decides about the symlink entry. problem is what archive said of its target: nil where that is in the
// form which the tree gets. It returns false where nothing but problem is to be said.
//
// What lies on no claim cannot be fetched, and is not missed. What lies on the same claim and was not asked for is.
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

// linkInside judges a symlink that leads to a path in the tree.
func (r Request) linkInside(entry localtree.Entry, requested bool) LinkVerdict {
	target := path.Join(path.Dir(entry.Path), entry.Target)
	if requested || r.Wanted(target) {
		return LinkVerdict{Create: true}
	}
	return LinkVerdict{Create: true, Refused: &Refusal{target, fmt.Sprintf("target of symlink %q, but not requested", entry.Path)}}
}
