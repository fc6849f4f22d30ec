package pathcache_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/pathcache"
)

func key() pathcache.Key {
	return pathcache.Key{Server: "https://lab.example.org", Namespace: "lab", Name: "train"}
}

func listing(path string, paths ...string) pathcache.Seen {
	return pathcache.Seen{Source: "uid-1", Mount: "/results", Base: "/results", Asked: []string{path}, Paths: paths}
}

func save(t *testing.T, folder string, listed pathcache.Seen) {
	t.Helper()
	if err := pathcache.Save(folder, key(), listed, time.Now()); err != nil {
		t.Fatal(err)
	}
}

func complete(folder, word string) string {
	words, folders := pathcache.Load(folder, key()).Complete(word, 100)
	return strings.Join(words, " ") + map[bool]string{true: " +", false: ""}[folders]
}

func TestComplete(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache", "paths")
	save(t, folder, listing(".", "model.pt", "metrics.json", "ck/", "ck/1.pt", "ck/2/", "ck/2/a", "ck-old/x", "epoch=3,step=1.ckpt", "a:b", "naïve", "u@h"))
	for word, want := range map[string]string{
		"":                "a:b ck-old/ ck/ epoch=3,step=1.ckpt metrics.json model.pt naïve u@h +",
		"m":               "metrics.json model.pt",
		"mo":              "model.pt",
		"model.pt":        "", // there is nothing more
		"ck":              "ck-old/ ck/ +",
		"ck/":             "ck/1.pt ck/2/ +",
		"ck/2/":           "ck/2/a",
		"./ck/1":          "./ck/1.pt",
		"/":               "/results/ +",
		"/res":            "/results/ +",
		"/results/m":      "/results/metrics.json /results/model.pt",
		"/results/ck/2":   "/results/ck/2/ +",
		"nothing":         "",
		"..":              "",
		"epoch=3,":        "epoch=3,step=1.ckpt",
		"ck/1.pt/further": "",
	} {
		if got := complete(folder, word); got != want {
			t.Errorf("%q: %q; want %q", word, got, want)
		}
	}
	if words, _ := pathcache.Load(folder, key()).Complete("", 2); len(words) != 2 {
		t.Errorf("at most 2: %q", words)
	}
}

// Names come from a volume that anybody may have written to, and end on a line that a shell runs.
func TestHostileNames(t *testing.T) {
	folder := t.TempDir()
	hostile := []string{
		"new\nline", "esc\x1b[2J", "tab\tbed", "cr\r", "\xff\xfe", "zero\u200bwidth", "right\u202eleft",
		"$(reboot)", "`reboot`", "a;reboot", "a|b", "a&b", "a>b", "a<b", "a b", "a'b", `a"b`, `a\b`, "a*", "a?", "a[b", "{a,b}", "~", "!1", "#x", "%(x)", "^",
		"-rf", "-o=x", "--help", "a$b/c",
	}
	save(t, folder, listing(".", append(hostile, "good")...))
	if got := complete(folder, ""); got != "good" {
		t.Errorf("%q", got)
	}
	for _, word := range []string{"/results/", "./"} {
		words, _ := pathcache.Load(folder, key()).Complete(word, 100)
		for _, completion := range words {
			if strings.ContainsAny(completion, " $`;|&<>'\"\\*?[]{}~!#()^\n\r\t\x1b") {
				t.Errorf("%q", completion)
			}
		}
	}
}

// A fetch of a part says nothing about the rest.
func TestSaveAdds(t *testing.T) {
	for name, test := range map[string]struct {
		second pathcache.Seen
		want   string
	}{
		"all again":             {listing(".", "new"), "new"},
		"a folder":              {listing("ck", "ck/", "ck/2"), "ck/2 model.pt"},
		"a file that is gone":   {listing("model.pt"), "ck/1"},
		"what is called alike":  {listing("c", "c"), "c ck/1 model.pt"},
		"on another volume":     {pathcache.Seen{Source: "uid-2", Mount: "/results", Base: "/results", Asked: []string{"new"}, Paths: []string{"new"}}, "new"},
		"of another mount":      {pathcache.Seen{Source: "uid-2", Mount: "/data", Base: "/results", Asked: []string{"."}, Paths: []string{"set"}}, "/data/set ck/1 model.pt"},
		"nothing is there":      {listing("."), ""},
		"a file twice":          {listing("model.pt", "model.pt", "model.pt"), "ck/1 model.pt"},
		"no relative paths now": {pathcache.Seen{Source: "uid-1", Mount: "/results", Asked: []string{"."}, Paths: []string{"a"}}, "/results/a"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			save(t, folder, listing(".", "model.pt", "ck/1"))
			save(t, folder, test.second)
			if got := everything(folder); got != test.want {
				t.Errorf("%q; want %q", got, test.want)
			}
		})
	}
}

// everything is all that is kept, each in its shortest form.
func everything(folder string) string {
	cache, completions := pathcache.Load(folder, key()), []string{}
	var walk func(word string)
	walk = func(word string) {
		words, _ := cache.Complete(word, 100)
		for _, word := range words {
			if strings.HasSuffix(word, "/") {
				walk(word)
			} else {
				completions = append(completions, word)
			}
		}
	}
	walk("")
	relative := slices.Clone(completions)
	walk("/")
	completions = slices.DeleteFunc(completions, func(word string) bool {
		return slices.Contains(relative, strings.TrimPrefix(word, "/results/")) && strings.HasPrefix(word, "/")
	})
	slices.Sort(completions)
	return strings.Join(completions, " ")
}

// Others have paths of their own, or none.
func TestKeys(t *testing.T) {
	folder := t.TempDir()
	save(t, folder, listing(".", "model.pt"))
	for _, k := range []pathcache.Key{
		{Server: "https://other.example.org", Namespace: "lab", Name: "train"}, {Server: key().Server, Namespace: "x", Name: "train"}, {Server: key().Server, Namespace: "lab", Name: "pvc/train"},
	} {
		if words, _ := pathcache.Load(folder, k).Complete("", 100); len(words) > 0 {
			t.Errorf("%+v: %q", k, words)
		}
	}
}

// The file is its owner's alone, small, and damage to it is no trouble.
func TestFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "paths")
	many := make([]string, pathcache.Most+100)
	for i := range many {
		many[i] = fmt.Sprintf("run/epoch-%07d/checkpoint-of-a-model.safetensors", i)
	}
	save(t, folder, listing(".", many...))
	name := onlyFile(t, folder)
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	private := runtime.GOOS == "windows" || info.Mode().Perm() == 0o600
	if !private || info.Size() > 1<<20 {
		t.Errorf("%v", info)
	}
	if got := complete(folder, "run/epoch-0000001/c"); got != many[1] {
		t.Error(got)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range [][]byte{nil, []byte("no gzip"), data[:len(data)/2], append(slices.Clone(data[:100]), data...)} {
		if err := os.WriteFile(name, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := complete(folder, ""); got != "" {
			t.Errorf("%d bytes: %q", len(damaged), got)
		}
	}
	save(t, folder, listing("a", "a"))
	if got := complete(folder, ""); got != "a" {
		t.Errorf("after damage: %q", got)
	}
}

func onlyFile(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("%v, %v", names, err)
	}
	return names[0]
}

// What is old goes, and what is too much.
func TestPrune(t *testing.T) {
	folder, date := t.TempDir(), time.Now()
	for i := range 250 {
		name := filepath.Join(folder, fmt.Sprintf("%03d.paths.gz", i))
		when := date.Add(-time.Duration(i) * 24 * time.Hour / 3)
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(name, when, when); err != nil {
			t.Fatal(err)
		}
	}
	save(t, folder, listing(".", "a"))
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 200 || complete(folder, "") != "a" {
		t.Errorf("%d are left, %v", len(entries), err)
	}
	if err := pathcache.Save(folder, key(), listing(".", "a"), date.Add(100*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
		t.Errorf("%d are left after a long time, %v", len(entries), err)
	}
}

// What others keep in the folder is none of our affair.
func TestPruneTouchesOnlyItsOwn(t *testing.T) {
	folder, long := t.TempDir(), time.Now().Add(-1000*24*time.Hour)
	for _, name := range []string{"thesis.tex", "old.paths", "ab.paths.gz", "new-1", "dir.paths.gz/x"} {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, 0o600), os.Chtimes(path, long, long)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(folder, "dir.paths.gz"), long, long); err != nil {
		t.Fatal(err)
	}
	save(t, folder, listing(".", "a"))
	entries, err := filepath.Glob(filepath.Join(folder, "[a-z]*"))
	for i := range entries {
		entries[i] = filepath.Base(entries[i])
	}
	for _, stays := range []string{"thesis.tex", "old.paths", "dir.paths.gz"} {
		if !slices.Contains(entries, stays) {
			t.Errorf("%s is gone", stays)
		}
	}
	if err != nil || slices.Contains(entries, "ab.paths.gz") || slices.Contains(entries, "new-1") {
		t.Errorf("%q are left, %v", entries, err)
	}
}

// However long names are, the file is not.
func TestLongNames(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "paths")
	many := make([]string, 20_000)
	for i := range many {
		many[i] = fmt.Sprintf("%05d%s", i, strings.Repeat("x", 4000))
	}
	save(t, folder, listing(".", many...))
	if got := complete(folder, "00000"); got != many[0] {
		t.Errorf("the first is not kept: %.20q", got)
	}
	if got := complete(folder, "19999"); got != "" {
		t.Error("all are kept")
	}
}

func BenchmarkSave(b *testing.B) {
	folder := b.TempDir()
	many := make([]string, pathcache.Most)
	for i := range many {
		many[i] = fmt.Sprintf("run/epoch-%07d/checkpoint-of-a-model.safetensors", i)
	}
	for b.Loop() {
		if err := pathcache.Save(folder, key(), listing(".", many...), time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	folder := b.TempDir()
	many := make([]string, pathcache.Most)
	for i := range many {
		many[i] = fmt.Sprintf("run/epoch-%07d/checkpoint-of-a-model.safetensors", i)
	}
	if err := pathcache.Save(folder, key(), listing(".", many...), time.Now()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		pathcache.Load(folder, key()).Complete("run/epoch-0049", 300)
	}
}
