//go:build unix

package localexec

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Shells returns an Executor for each shell of this machine, by name, and logs
// their names. At least "sh" must exist. The busybox shell finds only
// busybox's own programs, the one named "plain" no sha256sum. A dash that is called sh is included once.
// With -short there is only "sh".
func Shells(tb testing.TB) map[string]func() *Executor {
	tb.Helper()
	NeedLinux(tb)
	shells := map[string]func() *Executor{}
	for _, name := range []string{"sh", "dash", "bash", "ksh"} {
		if path, err := exec.LookPath(name); err == nil {
			shells[name] = func() *Executor { return &Executor{Shell: []string{path}} }
		}
	}
	if shells["sh"] == nil {
		tb.Fatal("no sh on this machine")
	}
	if testing.Short() {
		return map[string]func() *Executor{"sh": shells["sh"]}
	}
	if sameProgram(tb, "sh", "dash") {
		delete(shells, "dash") // unlike bash, it ignores the name that it is called by
	}
	if busybox, err := exec.LookPath("busybox"); err == nil {
		path := Applets(tb, busybox)
		shells["busybox"] = func() *Executor { return &Executor{Shell: []string{busybox, "sh"}, Path: path} }
	}
	shells["plain"] = func() *Executor { return Plain(tb) }
	for name := range shells {
		tb.Log("using the shell", name)
	}
	return shells
}

// Plain returns an Executor of an sh that finds no program but tar.
func Plain(tb testing.TB) *Executor {
	tb.Helper()
	path := Links(tb, "sh", "tar")
	return &Executor{Path: path, Shell: []string{filepath.Join(path, "sh")}}
}

// sameProgram reports whether two names refer to one program.
func sameProgram(tb testing.TB, nameA, nameB string) bool {
	tb.Helper()
	var files []string
	for _, name := range []string{nameA, nameB} {
		path, err := exec.LookPath(name)
		if err != nil {
			return false
		}
		file, err := filepath.EvalSymlinks(path)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, file)
	}
	return files[0] == files[1]
}

// Applets makes a directory with every program of busybox and nothing else.
func Applets(tb testing.TB, busybox string) string {
	tb.Helper()
	list, err := exec.Command(busybox, "--list").Output()
	if err != nil {
		tb.Fatalf("listing the programs of busybox: %v", err)
	}
	dir := SharedDir(tb)
	for applet := range strings.FieldsSeq(string(list)) {
		if err := os.Symlink(busybox, filepath.Join(dir, applet)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// Links makes a directory with links to the named programs of this machine.
func Links(tb testing.TB, names ...string) string {
	tb.Helper()
	NeedLinux(tb)
	dir := SharedDir(tb)
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			tb.Fatalf("finding %s: %v", name, err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}
