package gitignore_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
)

// What git would silently never match, or reads byte by byte.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", "/": "empty", "!": "empty", "!/": "empty",
		"./a": "are not allowed", "../a": "are not allowed", "a/..": "are not allowed", "a/./b": "are not allowed",
		"a//b": "two slashes", "//a": "two slashes", "a//": "two slashes",
		`a\`: "backslash", `a\/b`: "backslash",
		"a[": "not closed", "[]": "not closed", "[!]": "not closed", "a[b": "not closed", `[a\]`: "not closed", "a[b/c]": "not closed",
		"[z-a]": "[z-a] matches nothing", "[[:word:]]": "unknown character class [:word:]",
	} {
		_, err := gitignore.Parse([]string{"fine", text})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "\""+strings.ReplaceAll(text, `\`, `\\`)+"\"") {
			t.Errorf("%s: %v; want an error with it and %q", text, err, want)
		}
	}
}

// ? and classes are of characters, # and spaces mean themselves.
func TestMatchIsNotGits(t *testing.T) {
	for text, names := range map[string][]string{
		"?": {"é", "a"}, "[!a]": {"é"}, "[à-é]": {"é"}, "#*": {"#a"}, "a ": {"a "}, " a": {" a"}, "foo**/bar": {"foox/bar", "foo/bar"}, "?x": {"\xffx"},
	} {
		list, err := gitignore.Parse([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !list.Match(name, false) {
				t.Errorf("%q does not match %q", text, name)
			}
		}
		for _, name := range []string{".", "foo/xyz/bar"} {
			if list.Match(name, true) {
				t.Errorf("%q matches %q", text, name)
			}
		}
	}
}

const tree = "model.pt logs/ logs/a.txt logs/old/ logs/old/b.txt runs/ runs/1/ runs/1/model.pt runs/1/tmp/ runs/1/tmp/x.pt runs/2/ runs/2/notes.txt empty/"

func TestFilter(t *testing.T) {
	for name, test := range map[string]struct {
		include, exclude, takes string
	}{
		"all": {"", "", tree},
		"by name, and what leads there": {
			"*.pt", "", "model.pt runs/1/model.pt runs/1/tmp/x.pt",
		},
		"a directory, with all in it": {"/logs/", "", "logs/ logs/a.txt logs/old/ logs/old/b.txt"},
		"anchored":                    {"runs/*/model.pt", "", "runs/1/model.pt"},
		"anchored, any depth":         {"runs/**/*.pt", "", "runs/1/model.pt runs/1/tmp/x.pt"},
		"all in a directory":          {"logs/**", "", "logs/a.txt logs/old/ logs/old/b.txt"},
		"excluded":                    {"", "logs *.pt", "runs/ runs/1/ runs/1/tmp/ runs/2/ runs/2/notes.txt empty/"},
		"excluded wins": {
			"*.pt", "tmp/", "model.pt runs/1/model.pt",
		},
		"taken back":            {"*.pt !/model.pt", "", "runs/1/model.pt runs/1/tmp/x.pt"},
		"only what is in there": {"", "* !runs/ !runs/** runs/1/tmp", "runs/ runs/1/ runs/1/model.pt runs/2/ runs/2/notes.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			filter, err := gitignore.ParseFilter(strings.Fields(test.include), strings.Fields(test.exclude))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range entries(tree) {
				text := e.Path
				if e.Dir {
					text += "/"
				}
				if filter.Takes(e.Path, e.Dir) {
					got = append(got, text)
				}
			}
			if diff := cmp.Diff(strings.Fields(test.takes), got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if !filter.Takes(".", true) {
				t.Error("the root is always taken")
			}
		})
	}
}

func TestParseFilterNamesTheFlag(t *testing.T) {
	for want, lists := range map[string][2][]string{
		`invalid value "a[" for --include: a bracket`:      {{"*.pt", "a["}, nil},
		`invalid value "" for --exclude: an empty pattern`: {nil, {""}},
	} {
		_, err := gitignore.ParseFilter(lists[0], lists[1])
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v; want an error that begins with %s", err, want)
		}
	}
}

// FuzzFilter: every pattern is refused or matched without a panic, and an exclusion skips exactly the paths that
// its list matches.
func FuzzFilter(f *testing.F) {
	f.Add("*.pt", "a/b.pt")
	f.Add("!runs/**/[a-z]*", "runs/1/x")
	f.Add("[[:alpha:]-]{", "a/{")
	f.Fuzz(func(t *testing.T, text, name string) {
		list, err := gitignore.Parse([]string{text})
		if err != nil || name == "" || name == "." {
			return
		}
		including, without := gitignore.Filter{Include: list}, gitignore.Filter{Exclude: list}
		if matches := list.Match(name, false); including.Takes(name, false) != matches || without.Takes(name, false) == matches {
			t.Errorf("%q matches %q: %v; the filters say otherwise", text, name, matches)
		}
	})
}
