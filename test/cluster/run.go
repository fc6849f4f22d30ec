package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// runCommand runs the command with more environment, and passes signals on.
func runCommand(ctx context.Context, args, env []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, kv := range env { // of this process, so that the command is looked up in the new PATH
		name, value, _ := strings.Cut(kv, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin = os.Stdin
	cmd.Stdout = os.Stdout
	cmd.Stderr = os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	defer close(done)
	go forward(signals, done, cmd.Process)
	if err := cmd.Wait(); err != nil {
		return errors.Join(errCommand, err)
	}
	return nil
}

// forward passes signals on, except those that the terminal has also sent to the
// command.
func forward(signals <-chan os.Signal, done <-chan struct{}, p *os.Process) {
	for {
		select {
		case <-done:
			return
		case s := <-signals:
			if typed := s == os.Interrupt || s == syscall.SIGQUIT; !typed || !inForeground() {
				_ = p.Signal(s)
			}
		}
	}
}

// inForeground reports whether what is typed at the terminal reaches us.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer func() { _ = tty.Close() }()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == syscall.Getpgrp()
}
