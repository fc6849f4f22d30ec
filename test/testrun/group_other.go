//go:build !unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
)

// forwardSignals ignores an interrupt, which reaches the command as well. The report is printed after the command has ended.
func forwardSignals(_ *exec.Cmd, start func() error) error {
	signal.Ignore(os.Interrupt)
	return start()
}
