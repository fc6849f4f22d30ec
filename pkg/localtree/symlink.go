package localtree

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// LinkTarget returns the text of the local symlink at p: target itself if its form shows that it stays inside the
// tree, otherwise the shortest relative path to the same file. An *OutsideError says that the symlink leads out of
// the tree, a *Refused that such a symlink cannot exist.
//
// The form shows it if the path begins with at most as many ".." as the symlink is deep, followed by names. A ".."
// after a name is resolved in the text, because the name may be a symlink: `s -> .` and `t -> s/../x` lead out together.
func (l *Layout) LinkTarget(p, target string) (string, error) {
	if target == "" || strings.ContainsRune(target, 0) {
		return "", refuse("symlink without a target")
	}
	text := target
	if !staysInside(p, target) {
		place, resolved := l.locate(p, target)
		inside, ok := relativeTo(l.dir(), place)
		switch {
		case !resolved:
			return "", &OutsideError{Target: target, Claim: l != nil}
		case !ok:
			return "", &OutsideError{Target: target, Claim: true, Place: place}
		}
		text = shortest(path.Dir(p), inside)
	}
	names := elements(text)
	if names = names[ups(names):]; len(names) > 0 && nameable(path.Join(names...)) != nil {
		return "", refuse("symlink to %q, which is not a valid path on this system", target)
	}
	return text, nil
}

// OutsideError says that a symlink leads out of its tree.
type OutsideError struct {
	// Target is the symlink's text.
	Target string
	// Claim says that the tree is, or is a part of, a claim.
	Claim bool
	// Place is the path on that claim that it leads to; "" if no such path is known.
	Place string
}

// Error is a clause that follows the name of the symlink.
func (e *OutsideError) Error() string {
	switch {
	case e.Place != "":
		return fmt.Sprintf("symlink to %q, which is %q on the same claim", e.Target, e.Place)
	case e.Claim:
		return fmt.Sprintf("symlink to %q, which is not on this claim", e.Target)
	}
	return fmt.Sprintf("symlink to %q, which is outside the source directory", e.Target)
}

// staysInside reports whether the symlink at p stays inside its tree, independent of other symlinks.
func staysInside(p, target string) bool {
	elems := elements(target)
	up := ups(elems)
	return !path.IsAbs(target) && up <= depth(p) && !slices.Contains(elems[up:], "..")
}

// shortest returns the relative path from dir to target, both clean and relative to the same tree.
func shortest(dir, target string) string {
	above, below := elements(dir), elements(target)
	shared := 0
	for shared < min(len(above), len(below)) && above[shared] == below[shared] {
		shared++
	}
	text := path.Join(append(slices.Repeat([]string{".."}, len(above)-shared), below[shared:]...)...)
	if text == "" {
		return "."
	}
	return text
}

// elements returns the elements of a path, without empty ones and ".".
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

// depth returns the number of directories above p.
func depth(p string) int { return strings.Count(p, "/") }
