package pattern

import "fmt"

// Filter takes part of a tree. Its zero value takes all of it.
type Filter struct {
	// Include, where it is not empty, must match what is taken.
	Include List
	// Exclude must not match what is taken: it wins over Include.
	Exclude List
}

// ParseFilter reads the values of the flags --include and --exclude; its error
// names flag and pattern.
func ParseFilter(include, exclude []string) (Filter, error) {
	included, err := Parse(include)
	if err != nil {
		return Filter{}, fmt.Errorf("--include=%w", err)
	}
	excluded, err := Parse(exclude)
	if err != nil {
		return Filter{}, fmt.Errorf("--exclude=%w", err)
	}
	return Filter{Include: included, Exclude: excluded}, nil
}

// All reports whether nothing is left out.
func (f Filter) All() bool { return f.Include.Empty() && f.Exclude.Empty() }

// Takes reports whether p, as for List.Match, is asked for. A directory that
// only leads to something that is asked for is not. The root is always taken.
func (f Filter) Takes(p string, dir bool) bool {
	if p == "." {
		return true
	}
	return !f.Exclude.Match(p, dir) && (f.Include.Empty() || f.Include.Match(p, dir))
}
