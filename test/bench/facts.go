package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/program"
)

// facts describe the machine and the versions.
func (b *bench) facts(ctx context.Context) []string {
	text := func(args ...string) string {
		out, err := b.kubectl(ctx, "", args...)
		if err != nil {
			return "unknown"
		}
		return out
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")               // shows as nothing
	release, _, _ := strings.Cut(strings.TrimSpace(string(kernel)), "-") // what is behind it is the machine's own affair
	load, _ := os.ReadFile("/proc/loadavg")                              // as above
	return []string{
		fmt.Sprintf("%d CPUs (%s), %d GiB of memory, Linux %s, load at the start %.14s",
			runtime.NumCPU(), field("/proc/cpuinfo", "model name"), memory(), release, load),
		fmt.Sprintf("Kubernetes %s with %s on the nodes; all on this machine", text("get", "nodes", "-o", "jsonpath={.items[0].status.nodeInfo.kubeletVersion}"),
			text("get", "nodes", "-o", "jsonpath={.items[0].status.nodeInfo.containerRuntimeVersion}")),
		text("batch", "version"),
		"File system of the destination: " + b.fileSystem(ctx),
	}
}

// field returns the first value of a key in a file of /proc.
func field(path, key string) string {
	text, _ := os.ReadFile(path) // shows as unknown
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() int {
	kilobytes, _ := strconv.Atoi(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB")) // shows as 0
	return (kilobytes + 1<<19) >> 20
}

func (b *bench) fileSystem(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "findmnt", "-n", "-o", "FSTYPE", "-T", b.work).Output()
	if err != nil {
		return "unknown"
	}
	fileSystem, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n") // of several mounts on one place
	return fileSystem
}

// notes is what a person wrote about the numbers, for the page.
const notes = "test/bench/notes.md"

// write writes the page and the raw values.
func (b *bench) write(args []string) error {
	r := &b.results
	r.Command = strings.TrimSpace("make bench BENCH='" + strings.Join(args, " ") + "'")
	if len(args) == 0 {
		r.Command = "make bench"
	}
	r.Date, r.Took = b.began.Format(time.DateOnly), time.Since(b.began).Round(time.Second).String()
	if text, err := os.ReadFile(notes); err == nil {
		r.Notes = string(text)
	}
	page, err := os.Create(filepath.Join(b.out, "performance.md"))
	if err != nil {
		return err
	}
	defer func() { _ = page.Close() }() // WritePage writes it in one piece
	if err := r.WritePage(page); err != nil {
		return err
	}
	raw, err := os.Create(filepath.Join(b.out, "performance.csv"))
	if err != nil {
		return err
	}
	defer func() { _ = raw.Close() }() // WriteCSV flushes
	if err := r.WriteCSV(raw); err != nil {
		return err
	}
	program.Log("written: %s and %s", page.Name(), raw.Name())
	if b.failed > 0 {
		return fmt.Errorf("%d fetches failed", b.failed)
	}
	return nil
}
