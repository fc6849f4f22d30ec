// Package slowtest keeps `go test -short ./...` short.
package slowtest

import "testing"

// Skip skips a test with -short: it takes seconds, or most of a processor for a second, and another test of its package
// covers the usual case. It runs whenever -short is not set, so in `make test`.
func Skip(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("slow, runs without -short")
	}
}
