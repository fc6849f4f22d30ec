// Package flaghelp holds what help shows of a flag: its heading, its syntax and its description.
package flaghelp

import "github.com/spf13/pflag"

// headingAnnotation holds the heading of a flag.
const headingAnnotation = "kubectl-batch/section"

// AddSection puts all flags that add declares under heading. Help has headings and flags
// in the order of their declaration.
func AddSection(flags *pflag.FlagSet, heading string, add func(*pflag.FlagSet)) {
	flags.SortFlags = false
	existing, annotations := 0, map[string][]string{headingAnnotation: {heading}} // the new flags share it
	flags.VisitAll(func(*pflag.Flag) { existing++ })
	add(flags)
	flags.VisitAll(func(flag *pflag.Flag) {
		if existing--; existing < 0 {
			flag.Annotations = annotations
		}
	})
}

// Heading returns the heading of a flag, "" for none.
func Heading(flag *pflag.Flag) string {
	if values := flag.Annotations[headingAnnotation]; len(values) == 1 {
		return values[0]
	}
	return ""
}
