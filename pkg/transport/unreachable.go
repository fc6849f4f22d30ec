package transport

import "strings"

// UnreachableError says why each of several ways failed.
type UnreachableError struct {
	Names  []string // in the order of preference
	Causes []error  // of each of the names
}

// Error names each way and its reason.
func (e *UnreachableError) Error() string {
	parts := make([]string, len(e.Names))
	for i, name := range e.Names {
		parts[i] = name + ": " + e.Causes[i].Error()
	}
	return "cannot connect to the agent: " + strings.Join(parts, "; ")
}

// Unwrap returns the causes.
func (e *UnreachableError) Unwrap() []error { return e.Causes }
