package pathcache

import (
	"slices"
	"strings"
	"unicode"
)

// Complete returns at most limit completions of word, the beginning of a path, up to its next
// slash. folder says that some of them are directories, which end in a slash. Names with
// characters that are special in a shell are skipped: a shell inserts the common prefix of
// several names without quoting it.
func (k Kept) Complete(word string, limit int) (words []string, folder bool) {
	lead := ""
	if rest, ok := strings.CutPrefix(word, "./"); ok {
		lead, word = "./", rest
	}
	start := ""
	switch absolute := strings.HasPrefix(word, "/"); {
	case !absolute && k.Base == "":
		return nil, false
	case !absolute:
		start = dirPrefix(k.Base)
	}
	for completion := range k.completions(start + word) {
		completion = lead + strings.TrimPrefix(completion, start)
		if len(words) == limit {
			break
		}
		if !strings.ContainsFunc(completion, meaning) && !strings.HasPrefix(completion, "-") {
			words, folder = append(words, completion), folder || strings.HasSuffix(completion, "/")
		}
	}
	return words, folder
}

// completions returns the paths that begin with full, up to the next slash, each once.
func (k Kept) completions(full string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		previous := full
		start, _ := slices.BinarySearch(k.paths, full)
		for _, p := range k.paths[start:] {
			if !strings.HasPrefix(p, full) {
				return
			}
			if slash := strings.Index(p[len(full):], "/"); slash >= 0 {
				p = p[:len(full)+slash+1]
			}
			if p != previous && !yield(p) {
				return
			}
			previous = p
		}
	}
}

// meaning reports whether r is special in a shell.
func meaning(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) && !strings.ContainsRune("_-./+,%=:@", r)
}
