package results

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A claim that is named itself has no mount of a job: its paths are below it, or
// as run mounts it.
func TestPathsOnClaim(t *testing.T) {
	type paths struct {
		Relative []string
		All      bool
	}
	all := paths{[]string{"."}, true}
	for line, want := range map[string]paths{
		"": all, "/": all, ".": all, "/results": all, "/results/": all, "a /": all,
		"a": {[]string{"a"}, false}, "/a/../b": {[]string{"b"}, false}, "/results/a b/c/": {[]string{"a", "b/c"}, false},
		"results/a": {[]string{"results/a"}, false}, "/results2/a": {[]string{"results2/a"}, false},
	} {
		relative, whole, err := pathsOnClaim("/results", strings.Fields(line))
		if diff := cmp.Diff(want, paths{relative, whole}); diff != "" || err != nil {
			t.Errorf("%q: %v; want -, got +:\n%s", line, err, diff)
		}
	}
	for _, line := range []string{"..", "../a", "a/../../b"} {
		if got, _, err := pathsOnClaim("/results", []string{line}); err == nil {
			t.Errorf("%q: %v", line, got)
		}
	}
}
