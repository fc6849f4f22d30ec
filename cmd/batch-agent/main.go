// Command batch-agent runs in the helper pod and serves the files there. It is
// copied and started by kubectl-batch. Users do not run it.
package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	// Helper images have no CA files.
	_ "golang.org/x/crypto/x509roots/fallback"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
)

const usage = `usage (kubectl-batch starts this program in a pod):
  batch-agent serve ROOT SOCKET [SUBPATH]   serve the files in ROOT, or in ROOT/SUBPATH
  batch-agent join SOCKET                   connect stdin and stdout to the agent at SOCKET
  batch-agent check                         print the size and SHA-256 of this program`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "batch-agent:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case (len(args) == 3 || len(args) == 4) && args[0] == "serve":
		boundMemory()
		return server.Run(ctx, server.Options{Root: args[1], Socket: args[2], SubPath: strings.Join(args[3:], ""), Now: time.Now})
	case len(args) == 2 && args[0] == "join":
		return join(ctx, args[1])
	case len(args) == 1 && args[0] == "check":
		return check(os.Stdout)
	}
	return errors.New(usage)
}

// boundMemory limits the memory at the cost of more garbage collection: the agent shares
// a pod of 256 MiB with the page cache, which speeds up reading.
func boundMemory() {
	debug.SetMemoryLimit(40 << 20)
	debug.SetGCPercent(50)
}

// join copies in both directions until one of them ends.
func join(ctx context.Context, socket string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return fmt.Errorf("connecting to the agent: %w", err)
	}
	defer func() { _ = conn.Close() }()
	done := make(chan error, 2)
	go func() { done <- transfer(conn, os.Stdin) }()
	go func() { done <- transfer(os.Stdout, conn) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return nil
	}
}

func transfer(destination io.Writer, source io.Reader) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{destination}, struct{ io.Reader }{source}, make([]byte, 256<<10))
	return err
}

// check prints the size and hash of this program, which proves that it was copied
// completely and can run in this container.
func check(out io.Writer) error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	size, err := io.Copy(hash, file)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d %x\n", size, hash.Sum(nil))
	return err
}
