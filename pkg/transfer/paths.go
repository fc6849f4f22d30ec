package transfer

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// outermost cleans paths and drops those that are inside another one, so that nothing is
// sent twice.
func outermost(paths []string) ([]string, error) {
	if len(paths) == 0 {
		return []string{"."}, nil
	}
	var clean []string
	for _, p := range paths {
		if p = path.Clean(p); !inTree(p) {
			return nil, fmt.Errorf("path %q is outside the source directory", p)
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

// inTree reports whether p is valid as for fs.ValidPath, but need not be UTF-8.
func inTree(p string) bool {
	return p != "" && !path.IsAbs(p) && p != ".." && !strings.HasPrefix(p, "../") && !strings.ContainsRune(p, 0) &&
		(fs.ValidPath(p) || fs.ValidPath(strings.ToValidUTF8(p, "?")))
}

// inside reports whether p is dir or below it.
func inside(p, dir string) bool {
	return dir == "." || p == dir || strings.HasPrefix(p, dir+"/")
}

// Wanted reports whether p is a requested path or inside one.
func (r Request) Wanted(p string) bool {
	return slices.ContainsFunc(r.Paths, func(q string) bool { return inside(p, q) })
}
