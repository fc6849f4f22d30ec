package flaghelp

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// valueAnnotation holds the name of a flag's value.
const valueAnnotation = "kubectl-batch/value"

// NameValue removes the backquotes from the usage of flag, as pflag does for help, and keeps the
// text between them as the name of its value: "Variable as `KEY=VALUE`". Completion also shows the
// usage, so the backquotes must be removed.
func NameValue(flag *pflag.Flag) {
	start, rest, _ := strings.Cut(flag.Usage, "`")
	if name, end, quoted := strings.Cut(rest, "`"); quoted {
		SetValue(flag, name)
		flag.Usage = start + name + end
	}
}

// SetValue names the value of flag in help.
func SetValue(flag *pflag.Flag, name string) {
	annotations := maps.Clone(flag.Annotations) // flags of one section share theirs
	if annotations == nil {
		annotations = map[string][]string{}
	}
	annotations[valueAnnotation] = []string{name}
	flag.Annotations = annotations
}

// Syntax returns how flag is typed, without its shorthand: --wait, --image IMAGE, --fail-fast[=DURATION].
func Syntax(flag *pflag.Flag) string {
	name := "--" + flag.Name
	switch {
	case flag.Value.Type() == "bool":
		return name
	case flag.NoOptDefVal != "":
		return name + "[=" + value(flag) + "]"
	}
	return name + " " + value(flag)
}

// value returns the name of a flag's value: by default the last word of the flag's name.
func value(flag *pflag.Flag) string {
	if named := flag.Annotations[valueAnnotation]; len(named) == 1 {
		return named[0]
	}
	return strings.ToUpper(flag.Name[strings.LastIndex(flag.Name, "-")+1:])
}

// Usage returns the description of flag, with its default if the description does not contain it.
func Usage(flag *pflag.Flag) string {
	none := []string{"", "[]", "0", "false"}
	if slices.Contains(none, flag.DefValue) || strings.Contains(flag.Usage, "(default") {
		return flag.Usage
	}
	return strings.TrimSuffix(flag.Usage, ".") + " (default: " + flag.DefValue + ")"
}
