// Package plural words numbers of things for messages.
package plural

import "github.com/dustin/go-humanize"

// Count returns a number of things, such as "1 job" and "2,000 jobs". noun has a plural in -s.
func Count(n int, noun string) string {
	return humanize.Comma(int64(n)) + " " + Choose(n, noun, noun+"s")
}

// Choose returns singular if n is 1, and several otherwise.
func Choose(n int, singular, several string) string {
	if n == 1 {
		return singular
	}
	return several
}
