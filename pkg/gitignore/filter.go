package gitignore

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
	included, err := parseFlag("--include", include)
	if err != nil {
		return Filter{}, err
	}
	excluded, err := parseFlag("--exclude", exclude)
	if err != nil {
		return Filter{}, err
	}
	return Filter{Include: included, Exclude: excluded}, nil
}

// parseFlag is Parse for the values of a flag.
func parseFlag(flag string, patterns []string) (List, error) {
	for _, text := range patterns {
		if _, err := parse(text); err != nil {
			return List{}, fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
		}
	}
	return Parse(patterns)
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
