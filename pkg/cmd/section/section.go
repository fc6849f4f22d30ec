// Package section gives flags the headings that help shows them under.
package section

import "github.com/spf13/pflag"

// annotation holds the heading of a flag.
const annotation = "kubectl-batch/section"

// Add puts all flags that add declares under heading. Help has headings and flags
// in the order of their declaration.
func Add(flags *pflag.FlagSet, heading string, add func(*pflag.FlagSet)) {
	flags.SortFlags = false
	there, under := 0, map[string][]string{annotation: {heading}} // one for all of them
	flags.VisitAll(func(*pflag.Flag) { there++ })
	add(flags)
	flags.VisitAll(func(flag *pflag.Flag) {
		if there--; there < 0 {
			flag.Annotations = under
		}
	})
}

// Of returns the heading of a flag, "" for none.
func Of(flag *pflag.Flag) string {
	if of := flag.Annotations[annotation]; len(of) == 1 {
		return of[0]
	}
	return ""
}
