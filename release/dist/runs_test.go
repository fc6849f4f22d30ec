//go:build dist

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/release/build"
)

// runs starts the program for this machine, with a PATH that holds it and kubectl.
func runs(t *testing.T, folder string) {
	t.Helper()
	p := build.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}
	if p.OS != "linux" {
		t.Skip("only Linux is tried")
	}
	path := t.TempDir()
	program := unpack(t, p, load(t, folder, p.Archive(version)+".tar.gz"))
	if err := os.WriteFile(filepath.Join(path, "kubectl-batch"), program, 0o755); err != nil {
		t.Fatal(err)
	}
	kubectl, err := exec.LookPath("kubectl")
	if err == nil {
		if err := os.Symlink(kubectl, filepath.Join(path, "kubectl")); err != nil {
			t.Fatal(err)
		}
		t.Setenv("HOME", t.TempDir())
	}
	t.Setenv("PATH", path)
	want := "kubectl-batch " + version + " " + commit + " " + runtime.Version() + " " + p.String() + "\nhelper image: " + helper.DefaultImage + "\n"
	if got := says(t, "kubectl-batch", "version"); got != want {
		t.Errorf("%q instead of %q", got, want)
	}
	if help := says(t, "kubectl-batch", "--help"); !strings.Contains(help, "fetch") {
		t.Errorf("the help says nothing of fetch: %s", help)
	}
	if kubectl == "" {
		t.Log("there is no kubectl here")
		return
	}
	if got := says(t, "kubectl", "batch", "version"); got != want {
		t.Errorf("through kubectl: %q instead of %q", got, want)
	}
}

func says(t *testing.T, program string, args ...string) string {
	t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v, %s", program, args, err, out)
	}
	return string(out)
}
