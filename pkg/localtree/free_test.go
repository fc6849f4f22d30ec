package localtree

import (
	"path/filepath"
	"testing"
)

func TestFree(t *testing.T) {
	dir := t.TempDir()
	bytes, ok := Free(dir)
	if !ok || bytes == 0 {
		t.Fatal(bytes, ok)
	}
	missing, ok := Free(filepath.Join(dir, "not", "yet"))
	if ratio := float64(missing) / float64(bytes); !ok || ratio < 0.5 || ratio > 2 {
		t.Error(missing, bytes, ok)
	}
}
