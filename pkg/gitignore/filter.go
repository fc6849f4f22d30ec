package gitignore

import "fmt"

// Filter selects entries of a tree. Its zero value selects all of them.
type Filter struct {
	// Include must match the selected entries, unless it is empty.
	Include List
	// Exclude must not match the selected entries. It has precedence over Include.
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

// All reports whether the Filter selects everything.
func (f Filter) All() bool { return f.Include.Empty() && f.Exclude.Empty() }

// Takes reports whether p, as for List.Match, is selected. A directory is not selected
// because an entry in it is. The root is always selected.
func (f Filter) Takes(p string, dir bool) bool {
	if p == "." {
		return true
	}
	return !f.Exclude.Match(p, dir) && (f.Include.Empty() || f.Include.Match(p, dir))
}
