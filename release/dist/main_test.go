package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, c := range map[string]struct {
		args  string
		fault string
	}{
		"release":            {args: "-version v0.1.0"},
		"candidate":          {args: "-version v0.1.0-rc.1 -platforms linux/arm64 -out there -commit abc"},
		"no version":         {args: "", fault: "does not start with v"},
		"no v":               {args: "-version 0.1.0", fault: "does not start with v"},
		"two numbers":        {args: "-version v0.1", fault: "not a semantic version"},
		"a branch":           {args: "-version vnext", fault: "not a semantic version"},
		"build metadata":     {args: "-version v0.1.0+1", fault: `contains "+"`},
		"unknown platform":   {args: "-version v0.1.0 -platforms plan9/amd64", fault: "unknown platform"},
		"unknown flag":       {args: "-tag v0.1.0", fault: "not defined"},
		"something typed on": {args: "-version v0.1.0 linux/amd64", fault: "unexpected argument"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse(strings.Fields(c.args), io.Discard)
			if c.fault == "" && err != nil || c.fault != "" && (err == nil || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("%v, and %q was expected", err, c.fault)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dist")
	f, err := openFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kubectl-batch_v0.1.0_linux_amd64.tar.gz", "batch.yaml"} {
		if err := f.write(name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.writeChecksums(); err != nil {
		t.Fatal(err)
	}
	list, err := f.read(checksums)
	want := "aa4659f46aae1d52dec0a273e5221d868eb75efad23afbf2ac85b4391ebf161a  batch.yaml\n" +
		"1ccf460ca47e6d1c663b8aa2c71f5a02701edf4901fbcb92dc5a5637cd92ba55  kubectl-batch_v0.1.0_linux_amd64.tar.gz\n"
	if err != nil || string(list) != want {
		t.Errorf("%v, %q", err, list)
	}

	if _, err := openFolder(path); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(path); err != nil || len(entries) != 0 {
		t.Errorf("of the last release there is left: %v, %v", entries, err)
	}
	mine := filepath.Join(path, "notes.txt")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openFolder(path); err == nil {
		t.Error("a folder with somebody's file was taken")
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}
