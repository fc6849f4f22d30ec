// Package section gives flags the headings that help shows them under.
package section

import "github.com/spf13/pflag"

// annotation holds the heading of a flag.
const annotation = "kubectl-batch/section"

// Add puts all flags that add declares under heading. Help has headings and flags
// in the order of their declaration.
func Add(flags *pflag.FlagSet, heading string, add func(*pflag.FlagSet)) {
	flags.SortFlags = false
	remaining, annotations := 0, map[string][]string{annotation: {heading}} // one for all of them
	flags.VisitAll(func(*pflag.Flag) { remaining++ })
	add(flags)
	flags.VisitAll(func(flag *pflag.Flag) {
		if remaining--; remaining < 0 {
			flag.Annotations = annotations
		}
	})
}

// Of returns the heading of a flag, "" for none.
func Of(flag *pflag.Flag) string {
	if heading := flag.Annotations[annotation]; len(heading) == 1 {
		return heading[0]
	}
	return ""
}
