package archive

import (
	"path"
	"slices"
	"strings"
)

// LinkTarget is the text that the symlink at p gets for target: target itself
// where it stays inside, its relative form where it is absolute below mount, the
// path at which the tree's writers saw its root.
//
// Inside is decided by form: first ".." at most as often as the link is deep,
// then names only. A ".." after a name is refused even where it seems to stay,
// since the name may be a symlink: `s -> .` and `t -> s/../x` lead out together. The error is a *Refused.
func LinkTarget(p, target, mount string) (string, error) {
	if target == "" || strings.ContainsRune(target, 0) {
		return "", refuse("it is a symlink without a target")
	}
	text, elems := target, elements(target)
	if path.IsAbs(target) {
		rest, ok := below(mount, target)
		if !ok {
			return "", refuse("it is a symlink to %q, outside of the tree", target)
		}
		elems = append(slices.Repeat([]string{".."}, depth(p)), elements(rest)...)
		text = path.Join(elems...) // joins before the check, which reads elems
		if text == "" {
			text = "."
		}
	}
	names := elems[ups(elems):]
	if ups(elems) > depth(p) || slices.Contains(names, "..") {
		return "", refuse("it is a symlink to %q, which leads or may lead out of the tree", target)
	}
	if len(names) > 0 && nameable(path.Join(names...)) != nil {
		return "", refuse("it is a symlink to %q, which this system cannot name", target)
	}
	return text, nil
}

// elements are the parts of a path that move: neither empty nor ".".
func elements(p string) []string {
	return slices.DeleteFunc(strings.Split(p, "/"), func(e string) bool { return e == "" || e == "." })
}

func ups(elems []string) int {
	n := slices.IndexFunc(elems, func(e string) bool { return e != ".." })
	if n < 0 {
		return len(elems)
	}
	return n
}

// depth is the number of directories that p lies in.
func depth(p string) int { return strings.Count(p, "/") }

// below returns what target is relative to mount, whether or not it then leads
// out again. Nothing is below "" and "/": neither is where a volume is mounted.
func below(mount, target string) (string, bool) {
	mount = strings.TrimSuffix(mount, "/")
	if mount == "" {
		return "", false
	}
	rest, ok := strings.CutPrefix(target, mount)
	return rest, ok && (rest == "" || rest[0] == '/')
}
