package transfer

import (
	"errors"
	"path"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// Roots are the symlinks among the requested paths. Their targets are fetched too, if they are in the tree.
type Roots struct {
	// targets are the targets of the symlinks in this attempt. tried are all targets that were requested so far.
	targets, tried []string
}

// See adds an entry, whose names are in their local form.
func (r *Roots) See(req Request, entry localtree.Entry) {
	if entry.Type == localtree.Symlink && slices.Contains(req.Paths, entry.Path) {
		r.targets = append(r.targets, path.Join(path.Dir(entry.Path), entry.Target))
	}
}

// Follow adds the targets of requested symlinks to the paths of req. It reports whether there are new paths. Then the
// caller lists everything again.
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

// Unfollow removes paths from req that Follow added and that do not exist, by the error of the source. It reports
// whether there were any.
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
