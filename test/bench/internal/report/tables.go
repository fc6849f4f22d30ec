package report

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/meter"
)

// free is the link in the tables of CPU time and memory.
const free = "free"

func onFree(r Run) bool { return r.Link == free }

func (p *page) processors() {
	p.line("## CPU seconds per GiB\n")
	p.line("On the free link, during the transfer. \"Whole command\" is the sum of API server, kubelet and runtime")
	p.line("from start to end of the command, including start and deletion of the helper pod.\n")
	p.head("", "API server", "kubelet", "runtime", "in the pod", "client", "whole command")
	for _, tree := range p.names(set, onFree) {
		for _, name := range p.names(contender, func(r Run) bool { return r.Link == free && r.Set == tree }) {
			p.processorRow(tree, name)
		}
	}
	p.line("")
}

func (p *page) processorRow(set, contender string) {
	cells := []string{set + ": " + contender}
	for _, value := range []func(Run) float64{
		func(r Run) float64 { return r.Transfer.APIServer },
		func(r Run) float64 { return r.Transfer.Kubelet },
		func(r Run) float64 { return r.Transfer.Runtime },
		func(r Run) float64 { return r.Transfer.Pods },
		func(r Run) float64 { return r.ClientCPU },
		func(r Run) float64 { return meter.CPU.Cluster(r.Whole) },
	} {
		median, n := p.Median(free, set, contender, func(r Run) float64 { return r.PerGiB(value(r)) })
		if n == 0 {
			return
		}
		cells = append(cells, fmt.Sprintf("%.2f", median))
	}
	p.row(cells...)
}

func (p *page) memory() {
	p.line("## First byte, whole command, memory\n")
	p.line("On the free link. \"First byte\" is the time until a file in the destination has 4 KiB.\n")
	p.head("", "first byte, s", "whole command, s", "peak memory of the client, MiB", "peak memory in the pod, MiB")
	for _, tree := range p.names(set, onFree) {
		for _, name := range p.names(contender, func(r Run) bool { return r.Link == free && r.Set == tree }) {
			p.memoryRow(tree, name)
		}
	}
	p.line("")
}

func (p *page) memoryRow(set, contender string) {
	cells := []string{set + ": " + contender}
	for _, column := range []struct {
		format string
		value  func(Run) float64
	}{
		{"%.2f", func(r Run) float64 { return r.FirstByte }},
		{"%.2f", func(r Run) float64 { return r.Total }},
		{"%.0f", func(r Run) float64 { return float64(r.ClientPeak) / (1 << 20) }},
		{"%.0f", func(r Run) float64 { return float64(r.PodPeak) / (1 << 20) }},
	} {
		median, n := p.Median(free, set, contender, column.value)
		if n == 0 {
			return
		}
		cells = append(cells, fmt.Sprintf(column.format, median))
	}
	p.row(cells...)
}

func (p *page) compression() {
	if !p.judgeAutomatic().Measured {
		return
	}
	p.line("## Automatic choice of compression\n")
	p.line("Transfer time in seconds through the tunnel, with the automatic choice and with each fixed compression.\n")
	p.head("", "automatic", "none", "s2", "zstd", "automatic relative to the best")
	for _, cell := range p.cells() {
		factor, ok := p.automatic(cell[0], cell[1])
		if !ok {
			continue
		}
		cells := []string{cell[0] + ", " + cell[1]}
		for _, name := range append([]string{Automatic}, Fixed()...) {
			seconds, _ := p.Median(cell[0], cell[1], name, Seconds)
			cells = append(cells, fmt.Sprintf("%.2f", seconds))
		}
		p.row(append(cells, fmt.Sprintf("%.2fx", factor))...)
	}
	p.line("")
}

const method = `
- A round is one run of each command; the order differs in each round. Each number is the median over the rounds.
- After each run, the names, sizes and contents of all files are compared with the source. Then the destination is deleted.
- ` + "`kubectl cp`" + ` and ` + "`kubectl exec ... tar`" + ` read from a running pod that mounts the claim. Their time is that of the whole command.
  "1 CPU" is a pod with the limits of the helper pod of ` + "`fetch`" + `; the other pod has no limits.
- The time of ` + "`fetch`" + ` is the value of ` + "`transferSeconds`" + ` in its output, without the start of its helper pod. "Whole command" includes it.
- Link "free" is not limited. Link "100 Mbit/s" is a veth pair with a token bucket towards the client, which runs in its own network namespace. There
  are two such links: ` + "`fetch`" + ` uses one, and all other commands use the other at the same time. Link "40 ms" is a TCP forwarder that delays all data
  by 20 ms in each direction and limits nothing else. Its CPU time is the same for every command, and is used on the same machine.
- CPU time is utime and stime of the API server, the kubelets, containerd and its shims, and the cgroup of the pods, sampled
  every 50 ms. It does not contain programs that the runtime starts for a few milliseconds. The CPU time of the client is from wait4.
- Memory is the largest resident set of a process, sampled every 10 ms (client) or 50 ms (pod).
- The source is in the page cache of the node, which is this machine. The cluster and the client share its CPUs.
`

func (p *page) method() {
	p.line("## How it was measured\n")
	for _, set := range p.Sets {
		p.line("- %s: %s", set[0], set[1])
	}
	p.text.WriteString(method[1:])
}
