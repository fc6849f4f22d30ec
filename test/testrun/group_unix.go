//go:build unix

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// forwardSignals calls start, which starts cmd, in a new process group, and passes the signals that end a program on to all
// processes of that group: go test itself does not pass SIGTERM on to the tests. The report is printed after the command
// has ended.
func forwardSignals(cmd *exec.Cmd, start func() error) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	if err := start(); err != nil {
		return err
	}
	go func() {
		for s := range signals {
			if number, ok := s.(syscall.Signal); ok {
				_ = syscall.Kill(-cmd.Process.Pid, number)
			}
		}
	}()
	return nil
}
