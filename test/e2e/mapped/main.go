//go:build unix

// Command mapped writes a file through mmap, as numpy.memmap and LMDB do: first "1" everywhere, and "2" once the file GO
// exists. The pages are dirty already when it writes "2", so that the times of the file do not change.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

const size = 1 << 20

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: mapped FILE READY GO")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "mapped:", err)
		os.Exit(1)
	}
}

func write(path, ready, trigger string) error {
	file, err := os.Create(path) //nolint:gosec // the paths are those of the script
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(size); err != nil {
		return err
	}
	pages, err := syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	copy(pages, bytes.Repeat([]byte("1"), size))
	if err := os.WriteFile(ready, nil, 0o600); err != nil { //nolint:gosec // as above
		return err
	}
	for {
		if _, err := os.Stat(trigger); err == nil { //nolint:gosec // as above
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	copy(pages, bytes.Repeat([]byte("2"), size))
	return errors.Join(syscall.Munmap(pages), file.Sync())
}
