package transfer

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Request says what to fetch and where to. Source and Dir are required.
type Request struct {
	Source Source
	// SourceID names the tree for good (a claim's UID): only files that were
	// fetched from the same one are older copies.
	SourceID string
	// Dir is the local directory. It is made, with its parents, when the first
	// file comes.
	Dir string
	// Paths are relative to the source's root; none means all of it.
	Paths []string
	// Mount is the absolute path at which the tree's writers saw its root;
	// absolute symlinks below it become relative. Empty: they are refused.
	Mount string
	// Force overwrites local files that no fetch wrote.
	Force bool
	// Retries is how often a lost stream is opened again: 0 means 2, below 0 never.
	Retries int
	// Pause is waited for before each retry, the first being 1; its error ends the
	// fetch. Nil does not wait.
	Pause func(ctx context.Context, retry int) error
	// Receipts is a directory outside of Dir that remembers what was written
	// where; empty remembers nothing. It is made if need be.
	Receipts string
	// Reporter may be nil.
	Reporter Reporter
}

// defaultRetries is enough for a node that goes and a connection that drops.
const defaultRetries = 2

func (r Request) withDefaults() (Request, error) {
	switch {
	case r.Retries == 0:
		r.Retries = defaultRetries
	case r.Retries < 0:
		r.Retries = 0
	}
	if r.Pause == nil {
		r.Pause = func(context.Context, int) error { return nil }
	}
	if r.Reporter == nil {
		r.Reporter = silence{}
	}
	var err error
	r.Paths, err = outermost(r.Paths)
	return r, err
}

// outermost cleans paths and drops those that lie in another: a tree that is
// sent twice would collide with itself.
func outermost(paths []string) ([]string, error) {
	if len(paths) == 0 {
		return []string{"."}, nil
	}
	var clean []string
	for _, p := range paths {
		if p = path.Clean(p); !fs.ValidPath(p) || strings.ContainsRune(p, 0) {
			return nil, fmt.Errorf("path %q is not inside of the tree", p)
		}
		clean = append(clean, p)
	}
	slices.Sort(clean)
	clean = slices.Compact(clean)
	inner := func(p string) bool {
		return slices.ContainsFunc(clean, func(q string) bool { return p != q && inside(p, q) })
	}
	return slices.DeleteFunc(slices.Clone(clean), inner), nil
}

// inside reports whether p is dir or lies in it.
func inside(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// wanted reports whether p is, is in, or leads to something that was asked for.
func (r Request) wanted(p string) bool {
	return slices.ContainsFunc(r.Paths, func(q string) bool { return inside(p, q) })
}
