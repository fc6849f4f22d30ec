package program

import (
	"io/fs"
	"os"
	"os/exec"
	"syscall"
)

// Bind lets cmd, which is not started yet, not outlive this process.
func Bind(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// Stored returns how many bytes of disk a file occupies.
func Stored(info fs.FileInfo) int64 { return info.Sys().(*syscall.Stat_t).Blocks * 512 }

// Peak is how many bytes of memory a program that has ended took at most.
func Peak(state *os.ProcessState) int64 {
	spent, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return spent.Maxrss << 10
}

// Sync waits until what was written is on disk.
func Sync() { syscall.Sync() }
