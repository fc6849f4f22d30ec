// Package section gives flags the headings that help shows them under.
package section

import "github.com/spf13/pflag"

// annotation holds the heading of a flag.
const annotation = "kubectl-batch/section"

// Add puts all flags that add declares under heading. Help has headings and flags
// in the order of their declaration.
func Add(flags *pflag.FlagSet, heading string, add func(*pflag.FlagSet)) {
	flags.SortFlags = false
	under := pflag.NewFlagSet(heading, pflag.ContinueOnError)
	under.SortFlags = false // in the order of their declaration
	add(under)
	under.VisitAll(func(flag *pflag.Flag) {
		flag.Annotations = map[string][]string{annotation: {heading}}
	})
	flags.AddFlagSet(under)
}

// Of returns the heading of a flag, "" for none.
func Of(flag *pflag.Flag) string {
	if of := flag.Annotations[annotation]; len(of) == 1 {
		return of[0]
	}
	return ""
}
