package filetree

import (
	"errors"
	"os"
	"testing"
)

// Noise is n bytes that nothing compresses, for each n others.
func Noise(n int) string {
	bytes := make([]byte, n)
	state := uint64(n)
	for i := range bytes {
		state = state*6364136223846793005 + 1442695040888963407
		bytes[i] = byte(state >> 56)
	}
	return string(bytes)
}

// Change opens the file at path, and does something to it. Another goroutine may call it.
func Change(tb testing.TB, path string, change func(*os.File) error) {
	tb.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		tb.Error(err)
		return
	}
	if err := errors.Join(change(file), file.Close()); err != nil {
		tb.Error(err)
	}
}
