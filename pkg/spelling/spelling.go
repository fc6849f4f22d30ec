// Package spelling finds the names that a mistyped name probably means, and words the
// rules for names.
package spelling

import (
	"cmp"
	"slices"
	"strings"
)

// maxNames is how many names Nearest returns, and one in so many letters of a name may differ.
const maxNames = 3

// Nearest returns the names, at most three, that are most similar to name, the most similar first.
func Nearest(name string, names []string) []string {
	similar := slices.DeleteFunc(slices.Clone(names), func(candidate string) bool {
		return !strings.Contains(candidate, name) && !strings.Contains(name, candidate) && Distance(name, candidate) > max(1, (len(name)+1)/maxNames)
	})
	slices.SortStableFunc(similar, func(a, b string) int { return cmp.Compare(Distance(name, a), Distance(name, b)) })
	return similar[:min(len(similar), maxNames)]
}

// Distance counts the bytes to add, remove or change between two names (Levenshtein).
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
