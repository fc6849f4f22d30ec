package pattern_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-batch/kubectl-batch/pkg/pattern"
)

// What git would silently never match, or reads byte by byte.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", "/": "empty", "!": "empty", "!/": "empty",
		"./a": "no . or ..", "../a": "no . or ..", "a/..": "no . or ..", "a/./b": "no . or ..",
		"a//b": "two slashes", "//a": "two slashes", "a//": "two slashes",
		`a\`: "backslash", `a\/b`: "backslash",
		"a[": "not closed", "[]": "not closed", "[!]": "not closed", "a[b": "not closed", `[a\]`: "not closed", "a[b/c]": "not closed",
		"[z-a]": "[z-a] matches nothing", "[[:word:]]": "[:word:] is the name of no class",
	} {
		_, err := pattern.Parse([]string{"fine", text})
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
		list, err := pattern.Parse([]string{text})
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
		include, exclude string
		takes, descends  string
	}{
		"all": {"", "", tree, "logs/ logs/old/ runs/ runs/1/ runs/1/tmp/ runs/2/ empty/"},
		"by name, and what leads there": {
			"*.pt", "", "model.pt runs/1/model.pt runs/1/tmp/x.pt",
			"logs/ logs/old/ runs/ runs/1/ runs/1/tmp/ runs/2/ empty/",
		},
		"a directory, with all in it": {"/logs/", "", "logs/ logs/a.txt logs/old/ logs/old/b.txt", "logs/ logs/old/"},
		"anchored":                    {"runs/*/model.pt", "", "runs/1/model.pt", "runs/ runs/1/ runs/2/"},
		"anchored, any depth":         {"runs/**/*.pt", "", "runs/1/model.pt runs/1/tmp/x.pt", "runs/ runs/1/ runs/1/tmp/ runs/2/"},
		"all in a directory":          {"logs/**", "", "logs/a.txt logs/old/ logs/old/b.txt", "logs/ logs/old/"},
		"left out":                    {"", "logs *.pt", "runs/ runs/1/ runs/1/tmp/ runs/2/ runs/2/notes.txt empty/", "runs/ runs/1/ runs/1/tmp/ runs/2/ empty/"},
		"left out wins": {
			"*.pt", "tmp/", "model.pt runs/1/model.pt",
			"logs/ logs/old/ runs/ runs/1/ runs/2/ empty/",
		},
		"taken back":            {"*.pt !/model.pt", "", "runs/1/model.pt runs/1/tmp/x.pt", "logs/ logs/old/ runs/ runs/1/ runs/1/tmp/ runs/2/ empty/"},
		"only what is in there": {"", "* !runs/ !runs/** runs/1/tmp", "runs/ runs/1/ runs/1/model.pt runs/2/ runs/2/notes.txt", "runs/ runs/1/ runs/2/"},
	} {
		t.Run(name, func(t *testing.T) {
			filter, err := pattern.ParseFilter(strings.Fields(test.include), strings.Fields(test.exclude))
			if err != nil {
				t.Fatal(err)
			}
			type answers struct{ Takes, Descends []string }
			want := answers{strings.Fields(test.takes), strings.Fields(test.descends)}
			var got answers
			for _, e := range entries(tree) {
				text := e.Path
				if e.Dir {
					text += "/"
				}
				if filter.Takes(e.Path, e.Dir) {
					got.Takes = append(got.Takes, text)
				}
				if e.Dir && filter.Descends(e.Path) {
					got.Descends = append(got.Descends, text)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if !filter.Takes(".", true) || !filter.Descends(".") {
				t.Error("the root is always taken")
			}
		})
	}
}

func TestParseFilterNamesTheFlag(t *testing.T) {
	for want, lists := range map[string][2][]string{
		`--include="a[": a bracket`: {{"*.pt", "a["}, nil},
		`--exclude="": it is empty`: {nil, {""}},
	} {
		_, err := pattern.ParseFilter(lists[0], lists[1])
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v; want an error that begins with %s", err, want)
		}
	}
}

// Whatever is typed is refused or matched: it never panics, and a filter never
// takes what it would not have descended to.
func FuzzFilter(f *testing.F) {
	f.Add("*.pt", "a/b.pt")
	f.Add("!runs/**/[a-z]*", "runs/1/x")
	f.Add("[[:alpha:]-]{", "a/{")
	f.Fuzz(func(t *testing.T, text, name string) {
		list, err := pattern.Parse([]string{text})
		if err != nil || name == "" || len(name) > 200 || len(text) > 200 || strings.HasPrefix(name, "/") {
			return
		}
		filter := pattern.Filter{Include: list}
		if !filter.Takes(name, false) {
			return
		}
		for end := range len(name) {
			if name[end] == '/' && end > 0 && !filter.Descends(name[:end]) {
				t.Errorf("%q takes %q, and does not descend to %q", text, name, name[:end])
			}
		}
	})
}
