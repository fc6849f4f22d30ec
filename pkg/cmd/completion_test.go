//go:build unix

package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// installed runs completion install as a program of that path, on a system, in a shell.
func installed(t *testing.T, path, goos, shell string) result {
	t.Helper()
	return executeAs(t, faketest.New(), func(f *factory.Factory) {
		f.Program = program.Of(path, goos)
		f.LookupEnv = func(name string) (string, bool) {
			return map[string]string{"PATH": "/bin:" + filepath.Dir(path), "SHELL": shell}[name], true
		}
	}, "completion", "install")
}

// plugged returns a directory that contains the plugin as krew installs it: a link into a store.
func plugged(t *testing.T, name string) (folder, plugin string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "bin")
	store := filepath.Join(folder, "../store/v1")
	check(t, os.MkdirAll(folder, 0o755), os.MkdirAll(store, 0o755))
	check(t, os.WriteFile(filepath.Join(store, "kubectl-batch"), []byte("program"), 0o755))
	plugin = filepath.Join(folder, name)
	check(t, os.Symlink("../store/v1/kubectl-batch", plugin))
	return folder, plugin
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

const bashHint = "Completion of kubectl must be enabled, in ~/.bashrc (requires the package bash-completion):\n  source <(kubectl completion bash)\n"

// The link leads to the file that kubectl found, and not into the store behind it: so it is
// right after an upgrade, too.
func TestCompletionInstall(t *testing.T) {
	folder, plugin := plugged(t, "kubectl-batch")
	link := filepath.Join(folder, "kubectl_complete-batch")
	equal(t, installed(t, plugin, "linux", "/bin/bash"), result{Stdout: link + " created\n", Stderr: bashHint})
	target, err := os.Readlink(link)
	check(t, err)
	equal(t, target, "kubectl-batch")
	equal(t, installed(t, plugin, "linux", "/bin/bash"), result{Stdout: link + " already exists\n", Stderr: bashHint})
	// An upgrade puts another program behind the plugin's name.
	check(t, os.Remove(plugin), os.WriteFile(plugin, []byte("newer"), 0o755))
	data, err := os.ReadFile(link)
	check(t, err)
	equal(t, string(data), "newer")
}

func TestCompletionInstallNames(t *testing.T) {
	for name, want := range map[string]string{"kubectl-batch_jobs": "kubectl_complete-batch_jobs", "kubectl-lab-jobs": "kubectl_complete-lab-jobs"} {
		folder, plugin := plugged(t, name)
		got := installed(t, plugin, "linux", "/usr/bin/tcsh")
		equal(t, got.Stdout, filepath.Join(folder, want)+" created\n")
		words := program.Of(plugin, "linux").String()
		equal(t, got.Stderr, "Completion of kubectl must be enabled; for instructions, run \""+words+" completion SHELL\", where SHELL is one of bash, zsh, fish, powershell\n")
	}
}

// If it is called by its bare name, the program is the one on the PATH.
func TestCompletionInstallByName(t *testing.T) {
	folder, _ := plugged(t, "kubectl-batch")
	t.Setenv("PATH", folder)
	got := installed(t, "kubectl-batch", "linux", "")
	equal(t, got.Stdout, filepath.Join(folder, "kubectl_complete-batch")+" created\n")
	t.Setenv("PATH", t.TempDir())
	if got := installed(t, "kubectl-batch", "linux", ""); got.Status != 1 || !strings.Contains(got.Stderr, "finding the plugin file: ") {
		t.Errorf("%+v", got)
	}
}

func TestCompletionInstallRefuses(t *testing.T) {
	for name, put := range map[string]func(link string) error{
		"a script":         func(link string) error { return os.WriteFile(link, []byte("#!/bin/sh\n"), 0o755) },
		"a link elsewhere": func(link string) error { return os.Symlink("/usr/bin/true", link) },
		"into the store":   func(link string) error { return os.Symlink("../store/v1/kubectl-batch", link) },
		"a dead link":      func(link string) error { return os.Symlink("nothing", link) },
		"a folder":         func(link string) error { return os.Mkdir(link, 0o755) },
	} {
		t.Run(name, func(t *testing.T) {
			folder, plugin := plugged(t, "kubectl-batch")
			link := filepath.Join(folder, "kubectl_complete-batch")
			check(t, put(link))
			former, err := os.Lstat(link)
			check(t, err)
			equal(t, installed(t, plugin, "linux", "/bin/zsh"), result{
				Stderr: "error: " + link + " already exists and is not a link to kubectl-batch; delete it, then run this command again\n", Status: 1,
			})
			current, err := os.Lstat(link)
			check(t, err)
			equal(t, current.Mode(), former.Mode())
		})
	}
	got := installed(t, "/tmp/x/batch", "linux", "")
	equal(t, got, result{Stderr: "error: cannot install completion: this program was run as \"/tmp/x/batch\", and the name of a kubectl plugin begins with \"kubectl-\"; run \"kubectl batch completion install\"\n", Status: 1})
}

// A user who may not write to the directory gets the commands to run.
func TestCompletionInstallWithoutRights(t *testing.T) {
	got := installed(t, "/proc/kubectl-batch", "linux", "")
	if want := "as a user with write access to this directory, run\n  sudo ln -s kubectl-batch /proc/kubectl_complete-batch\n" +
		"or create the link in a directory of your own that is on the PATH\n  ln -s /proc/kubectl-batch DIRECTORY/kubectl_complete-batch\n"; got.Status != 1 || !strings.HasSuffix(got.Stderr, want) {
		t.Errorf("%+v; want %q", got, want)
	}
}

func TestCompletionInstallOffThePath(t *testing.T) {
	folder, plugin := plugged(t, "kubectl-batch")
	got := executeAs(t, faketest.New(), func(f *factory.Factory) { f.Program = program.Of(plugin, "linux") }, "completion", "install")
	if want := "Note: " + folder + " is not on the PATH"; !strings.HasPrefix(got.Stderr, want) || got.Status != 0 {
		t.Errorf("%+v; want %q", got, want)
	}
}

// Windows gets a second name of the file, and one that is another file after an upgrade.
func TestCompletionInstallOnWindows(t *testing.T) {
	folder := t.TempDir()
	plugin, link := filepath.Join(folder, "kubectl-batch.exe"), filepath.Join(folder, "kubectl_complete-batch.exe")
	check(t, os.WriteFile(plugin, []byte("program"), 0o755))
	const hint = "Completion of kubectl must be enabled, in $PROFILE:\n  kubectl completion powershell | Out-String | Invoke-Expression\n"
	equal(t, installed(t, plugin, "windows", ""), result{Stdout: link + " created\n", Stderr: hint})
	equal(t, installed(t, plugin, "windows", ""), result{Stdout: link + " already exists\n", Stderr: hint})
	check(t, os.Remove(link), os.WriteFile(link, []byte("program"), 0o755)) // a copy is as good
	equal(t, installed(t, plugin, "windows", ""), result{Stdout: link + " already exists\n", Stderr: hint})
	for _, program := range []string{"PROGRAM", "program of before"} {
		check(t, os.WriteFile(link, []byte(program), 0o755))
		if got := installed(t, plugin, "windows", ""); got.Status != 1 || !strings.Contains(got.Stderr, "already exists and is not a link to kubectl-batch.exe") {
			t.Errorf("%+v", got)
		}
	}
}

// The output for a shell is for people, and harmless when the shell sources it.
func TestCompletionOfShells(t *testing.T) {
	equal(t, execute(t, faketest.New(), "completion", "bash"), result{Stdout: "# For this plugin, once per machine:\n#   kubectl batch completion install\n" +
		"# For kubectl, in ~/.bashrc (requires the package bash-completion):\nsource <(kubectl completion bash)\n"})
	for _, shell := range []string{"zsh", "fish", "powershell", "Zsh"} {
		got := execute(t, faketest.New(), "completion", shell)
		lines := strings.Split(strings.TrimSpace(got.Stdout), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[2], "# ") || !strings.Contains(lines[3], "kubectl completion "+strings.ToLower(shell)) {
			t.Errorf("%+v", got)
		}
	}
	got := execute(t, faketest.New(), "completion", "tcsh")
	if want := `error: invalid argument "tcsh": must be bash, zsh, fish, powershell or install`; got.Status != 2 || !strings.HasPrefix(got.Stderr, want) {
		t.Errorf("%+v", got)
	}
	if got := execute(t, faketest.New(), "completion"); got.Status != 0 || !strings.Contains(got.Stdout, "kubectl batch completion install") {
		t.Errorf("%+v", got)
	}
}
