package gitignore_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// repository is where git is asked. Each question has a folder of its own with
// its own .gitignore, so that one run of git answers all.
type repository struct {
	dir     string
	numbers int
	queries []string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git to compare with")
	}
	if runtime.GOOS == "windows" {
		t.Skip(`git takes \ for / here`)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	r := &repository{dir: t.TempDir()}
	r.git(t, nil, "init", "-q")
	r.git(t, nil, "config", "core.ignorecase", "false") // whatever this disk does
	r.git(t, nil, "config", "core.precomposeunicode", "false")
	return r
}

func (r *repository) git(t *testing.T, in []byte, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = r.dir
	cmd.Stdin = bytes.NewReader(in)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if status := cmd.ProcessState.ExitCode(); err != nil && status != 1 { // 1: nothing is ignored
		t.Fatal(err)
	}
	return string(out)
}

// ask notes a question: which of names do patterns ignore?
func (r *repository) ask(t *testing.T, patterns []string, names []entry) int {
	t.Helper()
	dir := strconv.Itoa(r.numbers)
	r.numbers++
	var lines strings.Builder
	for _, p := range patterns {
		if strings.HasPrefix(p, "#") {
			p = `\` + p
		}
		bare := strings.TrimRight(p, " ")
		lines.WriteString(bare + strings.Repeat(`\ `, len(p)-len(bare)) + "\n")
	}
	if err := os.Mkdir(filepath.Join(r.dir, dir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.dir, dir, ".gitignore"), []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		full := filepath.Join(r.dir, dir, n.Path)
		if n.Dir {
			if err := os.MkdirAll(full, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		r.queries = append(r.queries, dir+"/"+n.Path)
	}
	return r.numbers - 1
}

// answers returns all names that are ignored, each after the number of its question.
func (r *repository) answers(t *testing.T) map[string]bool {
	t.Helper()
	ignored := map[string]bool{}
	out := r.git(t, []byte(strings.Join(r.queries, "\x00")), "check-ignore", "--stdin", "-z", "--no-index")
	for name := range strings.SplitSeq(strings.TrimSuffix(out, "\x00"), "\x00") {
		ignored[name] = true
	}
	return ignored
}
