package cmd

import (
	"math"
	"testing"
)

func TestWrapped(t *testing.T) {
	for limit, want := range map[int]string{
		math.MaxInt: "a bb ccc dd", 11: "a bb ccc dd", 10: "a bb ccc\ndd", 8: "a bb ccc\ndd", 7: "a bb\nccc dd", 4: "a bb\nccc\ndd", 1: "a\nbb\nccc\ndd",
	} {
		equal(t, wrapped("a bb ccc dd", limit), want)
	}
	equal(t, wrapped("", 1), "")
	equal(t, wrapped("äö ü", 4), "äö ü")
}
