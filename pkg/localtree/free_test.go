package localtree

import (
	"path/filepath"
	"testing"
)

func TestFree(t *testing.T) {
	dir := t.TempDir()
	here, ok := Free(dir)
	if !ok || here == 0 {
		t.Fatal(here, ok)
	}
	missing, ok := Free(filepath.Join(dir, "not", "yet"))
	if ratio := float64(missing) / float64(here); !ok || ratio < 0.5 || ratio > 2 {
		t.Error(missing, here, ok)
	}
}
