package meter

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// peakMemory returns the peak memory of the program in a process, in
// bytes, and its name; 0 if the process has ended.
func peakMemory(pid int) (int64, string) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, ""
	}
	var peak int64
	var name string
	for line := range strings.SplitSeq(string(text), "\n") {
		key, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); key {
		case "Name":
			name = value
		case "VmHWM":
			kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64) // the kernel's own
			peak = kilobytes << 10
		}
	}
	return peak, name
}

// podPeak is the most memory that one process in a pod has had.
func (c *Cluster) podPeak() int64 {
	var highest int64
	for _, n := range c.nodes {
		for _, pid := range below(n.pods) {
			peak, _ := peakMemory(pid)
			// runc runs in a pod briefly before the requested program replaces it.
			if peak > highest && !strings.Contains(program(pid), "runc") {
				highest = peak
			}
		}
	}
	return highest
}

// program is the path of what a process runs, or what is left of it.
func program(pid int) string {
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	if err != nil {
		return "runc" // it has ended, or is about to become something else
	}
	return path
}
