package transport

import "strings"

// UnreachableError says why each of several transports failed.
type UnreachableError struct {
	Names  []string // in the order of preference
	Causes []error  // of each of the names
}

// Error returns each transport with its error.
func (e *UnreachableError) Error() string {
	parts := make([]string, len(e.Names))
	for i, name := range e.Names {
		parts[i] = name + ": " + e.Causes[i].Error()
	}
	return "cannot connect to the agent: " + strings.Join(parts, "; ")
}

// Unwrap returns the causes.
func (e *UnreachableError) Unwrap() []error { return e.Causes }
