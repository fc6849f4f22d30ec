package localtree

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Mount is a directory of a claim, as it was mounted for a program that wrote to it.
type Mount struct {
	// Path is absolute.
	Path string
	// Dir is relative to the claim's root; "" and "." are all of it.
	Dir string
	// Each says that each program mounted another subdirectory of Dir, instead of Dir.
	Each bool
}

// Layout describes the location of a tree on its claim, and the mounts of the programs that wrote to it. It resolves
// symlinks. Nil knows neither: then only relative symlinks can stay inside the tree.
type Layout struct {
	root string
	// held and heldEach are the mounts by their directory, the longest path first.
	held, heldEach map[string][]Mount
	// byPath are the directories that are mounted at a path; "" if there are several.
	byPath map[string]string
}

// NewLayout returns the layout of a tree. root is its root, relative to the root of the claim.
func NewLayout(root string, mounts ...Mount) *Layout {
	l := &Layout{root: path.Clean(root), held: map[string][]Mount{}, heldEach: map[string][]Mount{}, byPath: map[string]string{}}
	for _, m := range mounts {
		m.Path, m.Dir = path.Clean(m.Path), path.Clean(m.Dir)
		if m.Path == "/" || !path.IsAbs(m.Path) {
			continue // no volume is mounted there
		}
		held := l.held
		if m.Each {
			held = l.heldEach
		}
		if slices.Contains(held[m.Dir], m) {
			continue
		}
		held[m.Dir] = append(held[m.Dir], m)
		slices.SortStableFunc(held[m.Dir], func(a, b Mount) int { return cmp.Compare(len(b.Path), len(a.Path)) })
		if mounted, exists := l.byPath[m.Path]; exists && mounted != m.Dir || m.Each {
			m.Dir = ""
		}
		l.byPath[m.Path] = m.Dir
	}
	return l
}

// dir returns the directory of the claim that is the root of the tree.
func (l *Layout) dir() string {
	if l == nil {
		return "."
	}
	return l.root
}

// locate returns the path on the claim that the symlink at p leads to. resolved is false if no such path is known.
func (l *Layout) locate(p, target string) (place string, resolved bool) {
	above := path.Join(l.dir(), path.Dir(p))
	if path.IsAbs(target) {
		return l.locateAbsolute(above, path.Clean(target))
	}
	if place = path.Join(above, target); !leadsUp(place) {
		return place, true
	}
	for _, m := range l.mountsAround(above) { // such as ../results/x in /results
		if rest, ok := relativeTo(m.Dir, above); ok {
			if place, resolved = l.locateAbsolute(above, path.Join(m.Path, rest, target)); resolved {
				return place, true
			}
		}
	}
	return "", false
}

// locateAbsolute resolves target as a program does that wrote to the directory above: with the mounts that contain
// that directory, the deepest first, or with another mount if its path is unique.
func (l *Layout) locateAbsolute(above, target string) (place string, resolved bool) {
	for _, m := range l.mountsAround(above) {
		if rest, ok := relativeTo(m.Path, target); ok {
			return path.Join(m.Dir, rest), true
		}
	}
	for p := target; l != nil && p != "/"; p = path.Dir(p) {
		if dir, ok := l.byPath[p]; ok {
			return path.Join(dir, strings.TrimPrefix(target, p)), dir != ""
		}
	}
	return "", false
}

// mountsAround returns the mounts that hold the directory dir, the deepest first.
func (l *Layout) mountsAround(dir string) []Mount {
	if l == nil {
		return nil
	}
	var around []Mount
	for ; ; dir = path.Dir(dir) {
		around = append(around, l.held[dir]...)
		if dir == "." {
			return around
		}
		for _, m := range l.heldEach[path.Dir(dir)] {
			around = append(around, Mount{Path: m.Path, Dir: dir})
		}
	}
}

// relativeTo returns p relative to dir, both clean; false if p is not in dir.
func relativeTo(dir, p string) (string, bool) {
	switch rest, ok := strings.CutPrefix(p, dir); {
	case dir == ".":
		return p, !path.IsAbs(p) && !leadsUp(p)
	case ok && rest == "":
		return ".", true
	case ok && rest[0] == '/':
		return rest[1:], true
	}
	return "", false
}

// leadsUp reports whether a clean relative path begins with "..".
func leadsUp(p string) bool { return p == ".." || strings.HasPrefix(p, "../") }
