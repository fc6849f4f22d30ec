package meter

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// CPU is processor time in seconds.
type CPU struct {
	APIServer float64
	Kubelet   float64
	// Runtime is containerd and its shims, without what these start and what
	// ends again within a few milliseconds.
	Runtime float64
	// Pods is everything in pods: the agent, or tar.
	Pods float64
}

// Cluster returns the CPU time of the cluster itself, without pods.
func (c CPU) Cluster() float64 { return c.APIServer + c.Kubelet + c.Runtime }

func (c CPU) combine(d CPU, factor float64) CPU {
	return CPU{
		APIServer: c.APIServer + factor*d.APIServer, Kubelet: c.Kubelet + factor*d.Kubelet,
		Runtime: c.Runtime + factor*d.Runtime, Pods: c.Pods + factor*d.Pods,
	}
}

// Used returns what was used since the cluster was found or before.
func (c *Cluster) Used() CPU {
	c.lock.Lock()
	defer c.lock.Unlock()
	var used CPU
	used.APIServer, _ = processSeconds(c.apiServer) // 0 where it has gone: that shows
	for _, n := range c.nodes {
		seconds, _ := processSeconds(n.kubelet) // as above
		used.Kubelet += seconds
		used.Pods += n.podSeconds()
		c.noteRuntime(n)
	}
	for _, seconds := range c.runtime {
		used.Runtime += seconds
	}
	return used
}

func (c *Cluster) noteRuntime(n node) {
	for _, pid := range members(n.daemons) {
		if pid == n.kubelet || pid == n.pause {
			continue
		}
		if seconds, err := processSeconds(pid); err == nil {
			c.runtime[pid] = max(seconds, c.runtime[pid])
		}
	}
}

// podSeconds returns the CPU time of all pods of the node, including deleted ones.
func (n node) podSeconds() float64 {
	if text, err := os.ReadFile(filepath.Join(n.pods, "cpuacct.usage")); err == nil {
		nanoseconds, _ := strconv.ParseFloat(strings.TrimSpace(string(text)), 64) // the kernel's own
		return nanoseconds / 1e9
	}
	text, _ := os.ReadFile(filepath.Join(n.pods, "cpu.stat")) // of version 2
	_, usage, _ := strings.Cut(string(text), "usage_usec ")
	microseconds, _ := strconv.ParseFloat(strings.Fields(usage + " 0")[0], 64) // the kernel's own
	return microseconds / 1e6
}

// members lists the processes of a cgroup, without those of its children.
func members(cgroup string) []int {
	text, _ := os.ReadFile(filepath.Join(cgroup, "cgroup.procs")) // it may be gone by now
	var pids []int
	for word := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// below lists the processes of all cgroups below one.
func below(cgroup string) []int {
	var pids []int
	_ = filepath.WalkDir(cgroup, func(path string, entry fs.DirEntry, err error) error { // they come and go
		if err == nil && entry.IsDir() {
			pids = append(pids, members(path)...)
		}
		return nil
	})
	return pids
}

const ticks = 100 // a second; the kernel says so to all programs

// processSeconds is what all threads of a process have used, without its children.
func processSeconds(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is a name in parentheses, and may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks, err
}

// sample is what had been used at a time.
type sample struct {
	when time.Time
	used CPU
}

// between returns what was used from one time to another, from the samples
// around them.
func between(samples []sample, start, end time.Time) CPU {
	return usageAt(samples, end).combine(usageAt(samples, start), -1)
}

func usageAt(samples []sample, when time.Time) CPU {
	former := samples[0]
	for _, sample := range samples {
		if sample.when.Before(when) {
			former = sample
			continue
		}
		span := sample.when.Sub(former.when)
		if span <= 0 {
			return sample.used
		}
		part := max(0, float64(when.Sub(former.when))/float64(span))
		return former.used.combine(sample.used.combine(former.used, -1), part)
	}
	return former.used
}
