//go:build !linux

package program

import (
	"io/fs"
	"os"
	"os/exec"
)

// Clusters of ours run on Linux, and so do the benches: elsewhere they compile, so
// that whoever changes what they use sees it, and do no more than that.

// Bind does nothing here.
func Bind(*exec.Cmd) {}

// Stored is the length of a file here.
func Stored(info fs.FileInfo) int64 { return info.Size() }

// Peak is not known here.
func Peak(*os.ProcessState) int64 { return 0 }

// Sync does nothing here.
func Sync() {}
