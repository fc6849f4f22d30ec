package cmd

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
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

// TestHelpKeepsTheOrderOfFlags: headings and flags of help have the order of their declaration.
func TestHelpKeepsTheOrderOfFlags(t *testing.T) {
	var out bytes.Buffer
	root := Default(genericiooptions.IOStreams{Out: &out, ErrOut: &out}, func(string) (string, bool) { return "", false })
	root.SetOut(&out)
	root.SetArgs([]string{"fetch", "--help"})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	help := out.String()
	for _, text := range []string{"\nSelection:\n", "\nFiles:\n", "--task ", "--include ", "\nDestination:\n", "--dir ", "--force\n", "\nOutput:\n"} {
		_, rest, found := strings.Cut(help, text)
		if !found {
			t.Fatalf("%q is missing or in the wrong place in:\n%s", text, out.String())
		}
		help = rest
	}
}
