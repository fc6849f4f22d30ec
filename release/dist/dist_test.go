//go:build dist

package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/release/build"
)

// What the release of this test is called, and what it is made from.
const (
	version = "v1.2.3"
	commit  = "0123456789abcdef0123456789abcdef01234567"
	epoch   = 1_700_000_000
)

// TestRelease builds everything twice, in two folders of which one knows nothing of
// the other, and then looks at every file.
//
// Both builds use the cache of the go command, and so the same compiled packages; what
// was compiled in one folder is good for the other because no folder shows in it. That
// leaves unproved that the compiler gives the same bytes when it is run twice.
// DIST_COLD=1 proves that too: each build then has an empty cache of its own, which
// takes many times as long. Unproved in any case are other machines and other versions
// of Go.
func TestRelease(t *testing.T) {
	dirA, dirB := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "another folder with a longer name")
	sources(t, dirA)
	if err := os.CopyFS(dirB, os.DirFS(dirA)); err != nil {
		t.Fatal(err)
	}
	leftovers(t, dirB)
	output := dist(t, dirA, "TZ=UTC")
	second := dist(t, dirB,
		"TZ=Asia/Tokyo", "LC_ALL=C", "GOAMD64=v3", "GOARM64=v8.2", "GOFLAGS=-buildvcs=true", "CGO_ENABLED=1")
	t.Run("twice the same", func(t *testing.T) { compareDirs(t, output, second) })
	t.Run("files", func(t *testing.T) { files(t, output) })
	t.Run("checksums", func(t *testing.T) { checksums(t, output) })
	t.Run("krew", func(t *testing.T) { forKrew(t, output) })
	for _, p := range build.Platforms() {
		t.Run(p.String(), func(t *testing.T) {
			program := unpack(t, p, load(t, output, p.Archive(version)+".tar.gz"))
			checkProgram(t, p, program)
			checkAgents(t, program)
			checkSBOM(t, p, load(t, output, p.Archive(version)+".sbom.json"), program)
		})
	}
	t.Run("runs", func(t *testing.T) { runs(t, output) })
}

// sources copies into a folder what git would take of the work tree.
func sources(t *testing.T, folder string) {
	t.Helper()
	const tree = "../.."
	list := exec.Command("git", "ls-files", "-co", "--exclude-standard", "-z")
	list.Dir = tree
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		info, err := os.Lstat(filepath.Join(tree, file))
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted and not yet committed
		}
		data, err := os.ReadFile(filepath.Join(tree, file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, file)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, file), data, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
}

// leftovers puts agents where `make build` puts them, whole ones and one half written.
// A release must have none of them.
func leftovers(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{"batch-agent-linux-amd64.gz", "batch-agent-linux-arm64.gz.part", "batch-agent-linux-s390x.gz"} {
		if err := os.WriteFile(filepath.Join(folder, agents, name), []byte("not of this release"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// dist makes a release in a folder, and returns where its files are. The environment is
// that of the build alone: dist itself is built before, since this machine is to run it.
func dist(t *testing.T, folder string, environment ...string) string {
	t.Helper()
	former := tree(t, folder)
	program := filepath.Join(t.TempDir(), "dist")
	compile := exec.Command("go", "build", "-o", program, "./release/dist")
	run := exec.Command(program, "-version", version, "-commit", commit)
	run.Env = append(os.Environ(), append(environment, fmt.Sprintf("SOURCE_DATE_EPOCH=%d", epoch))...)
	if os.Getenv("DIST_COLD") != "" {
		run.Env = append(run.Env, "GOCACHE="+filepath.Join(t.TempDir(), "cache"))
	}
	for _, command := range []*exec.Cmd{compile, run} {
		command.Dir = folder
		began := time.Now()
		out, err := command.CombinedOutput()
		t.Logf("%s%s", out, time.Since(began).Round(time.Second))
		if err != nil {
			t.Fatal(err)
		}
	}
	if current := tree(t, folder); !slices.Equal(former, current) {
		t.Errorf("the build changed the work tree: %v instead of %v", current, former)
	}
	return filepath.Join(folder, "dist")
}

// agents is where `make build` puts them.
const agents = "pkg/agent/embedded/programs"

// tree is what lies at the top and among the embedded agents, and since when.
func tree(t *testing.T, folder string) (names []string) {
	t.Helper()
	for _, place := range []string{".", agents} {
		entries, err := os.ReadDir(filepath.Join(folder, place))
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err != nil {
				t.Fatal(err)
			}
			if entry.Name() != "dist" {
				names = append(names, fmt.Sprintf("%s/%s %d %s", place, entry.Name(), info.Size(), info.ModTime()))
			}
		}
	}
	return names
}

func compareDirs(t *testing.T, dirA, dirB string) {
	t.Helper()
	files := names(t, dirA)
	if others := names(t, dirB); !slices.Equal(files, others) {
		t.Fatalf("%v and %v", files, others)
	}
	for _, name := range files {
		if !bytes.Equal(load(t, dirA, name), load(t, dirB, name)) {
			t.Errorf("%s differs", name)
		}
	}
}

// files looks whether there is all of a release, and nothing else.
func files(t *testing.T, folder string) {
	t.Helper()
	want := []string{"batch.yaml", "checksums.txt"}
	for _, p := range build.Platforms() {
		want = append(want, p.Archive(version)+".tar.gz", p.Archive(version)+".sbom.json")
	}
	slices.Sort(want)
	if got := names(t, folder); !slices.Equal(got, want) {
		t.Errorf("%v instead of %v", got, want)
	}
}

func names(t *testing.T, folder string) (result []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		result = append(result, entry.Name())
	}
	return result
}

func load(t *testing.T, folder, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}
