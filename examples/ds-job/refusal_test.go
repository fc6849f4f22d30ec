package main

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// wantRefusal runs the job and wants an error with all the given parts.
func wantRefusal(t *testing.T, args []string, parts ...string) {
	t.Helper()
	err := run(args, io.Discard)
	if err == nil {
		t.Fatalf("%q was accepted", args)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q: no %q in %q", args, part, err)
		}
	}
}

func TestBadFlagsAreNamed(t *testing.T) {
	for flag, values := range map[string][]string{
		"epochs":        {"0", "-3", "1.5", "many", ""},
		"seed":          {"-1", "x", "1e3", "18446744073709551616"},
		"test-fraction": {"0", "1", "0.01", "-0.3", "NaN", "Inf", "third"},
		"out":           {""},
	} {
		for _, value := range values {
			args := []string{"--" + flag + "=" + value, "--out=" + t.TempDir()}
			wantRefusal(t, args, "-"+flag, `"`+value+`"`, "must ")
		}
	}
	wantRefusal(t, []string{"--colour", "red"}, "-colour")
	wantRefusal(t, []string{"train"}, `"train"`)
}

func TestMissingDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "absent")
	wantRefusal(t, []string{"--out", dir},
		"the job writes to "+dir+": run it with a volume mounted there, or pass --out DIR")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory was created, or: %v", err)
	}
}

func TestFileInsteadOfDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, []string{"--out", file}, file, "--out DIR")
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("root may write anywhere, and so may who has the folder on Windows")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, []string{"--out", dir}, dir, "--out DIR", "permission denied")
}

// TestFailedWriteLeavesNothing lets the rename fail: a directory is in its way.
func TestFailedWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "model.json", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, []string{"--out", dir, "--epochs", "1"}, "writing model.json")
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("got %v and error %v, want only model.json", entries, err)
	}
}

func TestRunReplacesOldResults(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "metrics.json")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"--out", dir, "--epochs", "1"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	mode := os.FileMode(0o644)
	if runtime.GOOS == "windows" { // which knows no other
		mode = 0o666
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() < 100 || info.Mode().Perm() != mode {
		t.Errorf("metrics.json: %v, error %v", info, err)
	}
}
