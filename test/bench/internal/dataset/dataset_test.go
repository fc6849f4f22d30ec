package dataset

import (
	"os"
	"path/filepath"
	"testing"
)

// The log is as hard to compress as a real one.
func TestTextCompresses(t *testing.T) {
	dir := t.TempDir()
	if err := textSet("text", 8*mib).Fill(dir); err != nil {
		t.Fatal(err)
	}
	share, err := Compressed(dir)
	if err != nil || share < 0.17 || share > 0.23 {
		t.Errorf("zstd leaves %.3f of it (%v), about a fifth is wanted", share, err)
	}
}

// A set is the same each time, and any difference in a copy is seen.
func TestCompare(t *testing.T) {
	set := mixedSet("mixed", 2*mib)
	dirA, dirB := t.TempDir(), t.TempDir()
	for _, dir := range []string{dirA, dirB} {
		if err := set.Fill(dir); err != nil {
			t.Fatal(err)
		}
	}
	want, err := Scan(dirA)
	if err != nil || want.Bytes != 2*mib {
		t.Fatalf("%+v, %v; want %d bytes", want, err, 2*mib)
	}
	file := filepath.Join(dirB, "logs", "rank3.log")
	for name, change := range map[string]func() error{
		"":         func() error { return nil },
		"a byte":   func() error { return flip(file) },
		"a length": func() error { return os.Truncate(file, 100) },
		"a name":   func() error { return os.Rename(file, file+"x") },
	} {
		if err := os.RemoveAll(dirB); err != nil {
			t.Fatal(err)
		}
		if err := set.Fill(dirB); err != nil {
			t.Fatal(err)
		}
		if err := change(); err != nil {
			t.Fatal(err)
		}
		got, err := Scan(dirB)
		if err != nil {
			t.Fatal(err)
		}
		if err := Compare(want, got); (err == nil) != (name == "") {
			t.Errorf("a change of %q: %v", name, err)
		}
	}
}

func flip(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	data[len(data)/2] ^= 1
	return os.WriteFile(path, data, 0o600)
}
