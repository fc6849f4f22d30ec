package spelling

import "strings"

// Rule returns the rule that a name violates, from the problems that the validation functions of
// Kubernetes report. It begins with "must", or with the part of the name that it is about. It omits the
// regular expression and the terms of RFC 1123, because the rule has the same meaning.
func Rule(problems []string) string {
	rule, _, _ := strings.Cut(problems[0], " (e.g. ")
	return strings.NewReplacer(
		"a lowercase RFC 1123 label ", "",
		"a lowercase RFC 1123 subdomain ", "",
		"a valid environment variable name ", "",
		"a valid label ", "",
		"lower case alphanumeric characters or '-'", "lower-case letters, digits and '-'",
		"lower case alphanumeric characters, '-' or '.'", "lower-case letters, digits, '-' and '.'",
		"alphanumeric characters, '-', '_' or '.'", "letters, digits, '-', '_' and '.'",
		"alphabetic characters, digits, '_', '-', or '.'", "letters, digits, '_', '-' and '.'",
		"an alphanumeric character", "a letter or digit",
	).Replace(rule)
}
