// Package spelling finds the names that a mistyped name is probably meant to be, and words the
// rules for names.
package spelling

import (
	"cmp"
	"slices"
	"strings"
)

// most is how many names Nearest returns, and the part of a name's letters that may differ.
const most = 3

// Nearest returns the names, at most three, that are most like name, the most similar first.
func Nearest(name string, names []string) []string {
	similar := slices.DeleteFunc(slices.Clone(names), func(other string) bool {
		return !strings.Contains(other, name) && !strings.Contains(name, other) && Distance(name, other) > max(1, (len(name)+1)/most)
	})
	slices.SortStableFunc(similar, func(a, b string) int { return cmp.Compare(Distance(name, a), Distance(name, b)) })
	return similar[:min(len(similar), most)]
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
