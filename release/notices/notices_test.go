package notices_test

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/release/notices"
)

// folder holds files by their names; what ends in / is a folder.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		var err error
		if strings.HasSuffix(name, "/") {
			err = os.Mkdir(filepath.Join(dir, name), 0o700)
		} else {
			err = os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func program(modules ...*debug.Module) *debug.BuildInfo {
	return &debug.BuildInfo{GoVersion: "go1.26.8 X:none", Deps: modules}
}

// Each text is there once, below all that are under it, and in the same order each time.
func TestText(t *testing.T) {
	folders := notices.Folders{
		"":      folder(t, map[string]string{"LICENSE": "BSD\n", "VERSION": "x", "PATENTS": "P"}),
		"a@v1":  folder(t, map[string]string{"LICENSE.txt": "\nApache\r\n2\n", "NOTICE": "of a", "LICENSES/": "", "license_test.go.txt": "L", "notices.go": "no"}),
		"b@v2":  folder(t, map[string]string{"LICENCE": "Apache\n2"}),
		"c2@v3": folder(t, map[string]string{"Copying": "GPL"}),
	}
	replaced := &debug.Module{Path: "c", Version: "v1", Replace: &debug.Module{Path: "c2", Version: "v3"}}
	programs := []*debug.BuildInfo{program(&debug.Module{Path: "b", Version: "v2"}, replaced), program(&debug.Module{Path: "a", Version: "v1"})}
	line := strings.Repeat("=", 80)
	want := "kubectl-batch contains the following components, distributed under these licences.\n" +
		"\n" + line + "\nGo 1.26.8\n\nBSD\n" +
		"\n" + line + "\nGo 1.26.8\n\nP\n" +
		"\n" + line + "\na v1\n\nL\n" +
		"\n" + line + "\na v1\nb v2\n\nApache\n2\n" +
		"\n" + line + "\na v1\n\nof a\n" +
		"\n" + line + "\nc2 v3\n\nGPL\n"
	for range 5 {
		got, err := notices.Text(folders, programs...)
		if err != nil || string(got) != want {
			t.Fatalf("%v\n%s", err, got)
		}
	}
}

// What nobody may pass on is not passed on.
func TestNone(t *testing.T) {
	goes := folder(t, map[string]string{"LICENSE": "BSD"})
	for want, folders := range map[string]notices.Folders{
		"reading the licence of a v1: no licence found":            {"": goes, "a@v1": folder(t, map[string]string{"README": ""})},
		"reading the licence of a v1: source not found on this":    {"": goes},
		"reading the licence of Go 1.26.8: source not found on th": {"a@v1": goes},
	} {
		_, err := notices.Text(folders, program(&debug.Module{Path: "a", Version: "v1"}))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v in place of %q", err, want)
		}
	}
}
