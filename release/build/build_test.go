package build

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePlatforms(t *testing.T) {
	if platforms, err := ParsePlatforms(""); err != nil || !slices.Equal(platforms, Platforms()) {
		t.Errorf("%v, %v", platforms, err)
	}
	two, err := ParsePlatforms("windows/arm64,linux/amd64,windows/arm64")
	if err != nil || !slices.Equal(two, []Platform{{"windows", "arm64"}, {"linux", "amd64"}}) {
		t.Errorf("%v, %v", two, err)
	}
	for _, list := range []string{"linux", "linux/386", "linux/amd64,", "linux/amd64/v3"} {
		if _, err := ParsePlatforms(list); err == nil {
			t.Errorf("%q was taken", list)
		}
	}
}

func TestNames(t *testing.T) {
	p := Platform{"windows", "amd64"}
	if p.Program() != "kubectl-batch.exe" || p.Archive("v1.2.3") != "kubectl-batch_v1.2.3_windows_amd64" {
		t.Errorf("%s in %s", p.Program(), p.Archive("v1.2.3"))
	}
	if p := (Platform{"linux", "arm64"}).Program(); p != "kubectl-batch" {
		t.Error(p)
	}
}

// checkout is a repository with one commit of the year 2001.
func checkout(t *testing.T) (folder, commit string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	folder = t.TempDir()
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test", "GIT_COMMITTER_NAME": "test", "GIT_COMMITTER_EMAIL": "test",
		"GIT_AUTHOR_DATE": "@978310000 +0000", "GIT_COMMITTER_DATE": "@978310861 +0900",
	} {
		t.Setenv(name, value)
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-q", "-m", "one"}} {
		if _, err := git(t.Context(), folder, args...); err != nil {
			t.Fatal(err)
		}
	}
	commit, err := git(t.Context(), folder, "rev-parse", "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	return folder, commit
}

func TestReadSource(t *testing.T) {
	folder, head := checkout(t)
	below := filepath.Join(folder, "below")
	if err := os.Mkdir(below, 0o750); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	for name, c := range map[string]struct {
		folder, epoch, commit string
		want                  string // the commit
		seconds               int64
		fault                 string
	}{
		"checkout":              {folder: folder, want: head, seconds: 978310861},
		"time given":            {folder: folder, epoch: "1700000000", want: head, seconds: 1700000000},
		"commit given":          {folder: folder, commit: "abc", want: "abc", seconds: 978310861},
		"no git":                {folder: elsewhere, epoch: "0"},
		"no git, commit given":  {folder: elsewhere, epoch: "1", commit: "abc", want: "abc", seconds: 1},
		"no git, no time":       {folder: elsewhere, fault: "set SOURCE_DATE_EPOCH"},
		"another one's":         {folder: below, fault: "not the top directory"},
		"another one's, time":   {folder: below, epoch: "1", seconds: 1},
		"no number":             {folder: folder, epoch: "yesterday", fault: "SOURCE_DATE_EPOCH"},
		"before there was time": {folder: folder, epoch: "-1", fault: "SOURCE_DATE_EPOCH"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadSource(t.Context(), c.folder, c.epoch, c.commit)
			if c.fault != "" {
				if err == nil || !strings.Contains(err.Error(), c.fault) {
					t.Errorf("%v, and %q was expected", err, c.fault)
				}
				return
			}
			if err != nil || got.Commit != c.want || got.Time.Unix() != c.seconds {
				t.Errorf("%v, %+v", err, got)
			}
		})
	}
	if err := os.WriteFile(filepath.Join(folder, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadSource(t.Context(), folder, "", ""); err != nil || got.Commit != head+"-dirty" {
		t.Errorf("with a new file: %v, %+v", err, got)
	}
}

// TestOverlay wants the build to see our agents and those of nobody else, and the work
// tree to stay as it is.
func TestOverlay(t *testing.T) {
	tree := t.TempDir()
	place := filepath.Join(tree, agentDir)
	if err := os.MkdirAll(place, 0o750); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README", "a.gz", "old.gz", "b.gz.part"} {
		if err := os.WriteFile(filepath.Join(place, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shown := map[string]string{filepath.Join(place, "a.gz"): "/s/a.gz", filepath.Join(place, "b.gz"): "/s/b.gz"}
	if err := (Compiler{Folder: tree}).hide(shown); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "overlay.json")
	if err := writeOverlay(file, shown); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]map[string]string
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{"Replace": {
		filepath.Join(place, "a.gz"): "/s/a.gz", filepath.Join(place, "b.gz"): "/s/b.gz",
		filepath.Join(place, "a.gz.part"): "", filepath.Join(place, "b.gz.part"): "", filepath.Join(place, "old.gz"): "",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAgentsAreLookedFor(t *testing.T) {
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("..one.."), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Agents{Programs: []string{"1"}, packed: [][]byte{[]byte("one")}}).in(program); err != nil {
		t.Error(err)
	}
	if err := (Agents{Programs: []string{"1", "2"}, packed: [][]byte{[]byte("one"), []byte("two")}}).in(program); err == nil {
		t.Error("an agent that is not there was found")
	}
}
