package transfer

import (
	"errors"
	"path"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Roots knows the symlinks among what was asked for: what these lead to is fetched with them, if it lies in the tree.
type Roots struct {
	// targets are what the symlinks of this attempt lead to; tried are all that were asked for because of a symlink.
	targets, tried []string
}

// See takes an entry into account, whose names are in their local form.
func (r *Roots) See(req Request, entry localtree.Entry) {
	if entry.Type == localtree.Symlink && slices.Contains(req.Paths, entry.Path) {
		r.targets = append(r.targets, path.Join(path.Dir(entry.Path), entry.Target))
	}
}

// Follow adds to the paths of req what symlinks among them lead to. It reports whether that is something new, for
// which everything is listed again.
func (r *Roots) Follow(req *Request) bool {
	added := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(r.targets))), func(p string) bool {
		return req.Wanted(p) || slices.Contains(r.tried, p) || !inTree(p)
	})
	r.targets = nil
	if len(added) == 0 {
		return false
	}
	paths, err := outermost(append(slices.Clone(req.Paths), added...))
	if err != nil {
		return false
	}
	req.Paths, r.tried = paths, append(r.tried, added...)
	return true
}

// Unfollow takes those paths out of req again that only symlinks lead to, and that are missing. It reports whether
// there were any.
func (r *Roots) Unfollow(req *Request, err error) bool {
	missing, ok := errors.AsType[*MissingPathError](err)
	if !ok {
		return false
	}
	count := len(req.Paths)
	req.Paths = slices.DeleteFunc(slices.Clone(req.Paths), func(p string) bool {
		return slices.Contains(missing.Paths, p) && slices.Contains(r.tried, p)
	})
	return len(req.Paths) < count
}
