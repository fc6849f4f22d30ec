package gitignore

import (
	"fmt"
	"path"
	"slices"

	"github.com/bmatcuk/doublestar/v4"
)

// List is patterns in their order. Its zero value matches nothing.
type List struct{ rules []rule }

// rule is one parsed pattern.
type rule struct {
	// glob is a pattern of doublestar for the base name, or for the whole path if anchored.
	glob     string
	anchored bool
	// dirs means that only directories match.
	dirs bool
	// negated means that the rule excludes what an earlier rule matched.
	negated bool
}

// Parse reads patterns. Its error names the first invalid pattern and the reason.
func Parse(patterns []string) (List, error) {
	var list List
	for _, text := range patterns {
		r, err := parse(text)
		if err != nil {
			return List{}, fmt.Errorf("invalid pattern %q: %w", text, err)
		}
		list.rules = append(list.rules, r)
	}
	return list, nil
}

// Empty reports whether there are no patterns.
func (l List) Empty() bool { return len(l.rules) == 0 }

// Match reports whether the patterns match p or a directory above it. p is relative to
// the root, clean and with slashes. dir says whether p is a directory. The root, ".",
// never matches.
func (l List) Match(p string, dir bool) bool {
	if l.Empty() || p == "." {
		return false
	}
	for end := range len(p) {
		if p[end] == '/' && l.decides(p[:end], true) {
			return true
		}
	}
	return l.decides(p, dir)
}

// decides reports whether the patterns match p, without its parent directories. The last
// rule that matches p decides.
func (l List) decides(p string, dir bool) bool {
	for _, r := range slices.Backward(l.rules) {
		if r.match(p, dir) {
			return !r.negated
		}
	}
	return false
}

func (r rule) match(p string, dir bool) bool {
	if r.dirs && !dir {
		return false
	}
	if !r.anchored {
		p = path.Base(p)
	}
	return doublestar.MatchUnvalidated(r.glob, p)
}
