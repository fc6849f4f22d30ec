package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// Editors of Windows begin a text with a byte order mark: no kernel and no shell knows it.
func TestRunStripsByteOrderMark(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("\ufeff"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	got := execute(t, faketest.New(), "run", "x", "--image=i", "--script", write("train.sh", "#!/bin/bash\necho hi\n"),
		"--env-file", write("env", "FIRST=1\n"), "--dry-run=client", "-o", "yaml")
	if got.Status != 0 || strings.Contains(got.Stdout, "\ufeff") || !strings.Contains(got.Stdout, "#!/bin/bash") {
		t.Errorf("%+v", got)
	}
}
