package report

import (
	"fmt"

	"github.com/kubectl-batch/kubectl-batch/test/bench/internal/meter"
)

// free is the link whose processor time and memory are shown.
const free = "free"

func onFree(r Run) bool { return r.Link == free }

func (p *page) processors() {
	p.line("## Processor seconds per GiB\n")
	p.line("On the free link, during the transfer. \"Whole command\" is API server, kubelet and runtime together")
	p.line("from the command's start to its end, so with the start and the end of the helper pod.\n")
	p.head("", "API server", "kubelet", "runtime", "in the pod", "client", "whole command")
	for _, tree := range p.names(set, onFree) {
		for _, who := range p.names(contender, func(r Run) bool { return r.Link == free && r.Set == tree }) {
			p.processorRow(tree, who)
		}
	}
	p.line("")
}

func (p *page) processorRow(set, who string) {
	cells := []string{set + ": " + who}
	for _, value := range []func(Run) float64{
		func(r Run) float64 { return r.Transfer.APIServer },
		func(r Run) float64 { return r.Transfer.Kubelet },
		func(r Run) float64 { return r.Transfer.Runtime },
		func(r Run) float64 { return r.Transfer.Pods },
		func(r Run) float64 { return r.ClientCPU },
		func(r Run) float64 { return meter.CPU.Cluster(r.Whole) },
	} {
		median, n := p.Median(free, set, who, func(r Run) float64 { return r.PerGiB(value(r)) })
		if n == 0 {
			return
		}
		cells = append(cells, fmt.Sprintf("%.2f", median))
	}
	p.row(cells...)
}

func (p *page) memory() {
	p.line("## First byte, whole command, memory\n")
	p.line("On the free link. The first byte is the moment a file below the destination has 4 KiB.\n")
	p.head("", "first byte, s", "whole command, s", "client's peak, MiB", "peak in the pod, MiB")
	for _, tree := range p.names(set, onFree) {
		for _, who := range p.names(contender, func(r Run) bool { return r.Link == free && r.Set == tree }) {
			p.memoryRow(tree, who)
		}
	}
	p.line("")
}

func (p *page) memoryRow(set, who string) {
	cells := []string{set + ": " + who}
	for _, column := range []struct {
		format string
		value  func(Run) float64
	}{
		{"%.2f", func(r Run) float64 { return r.FirstByte }},
		{"%.2f", func(r Run) float64 { return r.Total }},
		{"%.0f", func(r Run) float64 { return float64(r.ClientPeak) / (1 << 20) }},
		{"%.0f", func(r Run) float64 { return float64(r.PodPeak) / (1 << 20) }},
	} {
		median, n := p.Median(free, set, who, column.value)
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
	p.line("## The choice of compression\n")
	p.line("Seconds of the transfer through the tunnel with what fetch chooses, and with each given.\n")
	p.head("", "chosen", "none", "s2", "zstd", "chosen against the best")
	for _, cell := range p.cells() {
		factor, ok := p.automatic(cell[0], cell[1])
		if !ok {
			continue
		}
		cells := []string{cell[0] + ", " + cell[1]}
		for _, who := range append([]string{Automatic}, Fixed()...) {
			seconds, _ := p.Median(cell[0], cell[1], who, Seconds)
			cells = append(cells, fmt.Sprintf("%.2f", seconds))
		}
		p.row(append(cells, fmt.Sprintf("%.2fx", factor))...)
	}
	p.line("")
}

const method = `
- One turn is one run of each contender; each turn has another order. The number is the median over the turns.
- After each run names, sizes and contents of all files are compared with the source. Then the destination is removed.
- ` + "`kubectl cp`, `kubectl exec ... tar`" + ` read from a pod that runs already and has the claim; the time is that of the whole command.
  "1 CPU" is a pod with the limits of fetch's helper pod, the other one has no limits.
- The time of a fetch is its own ` + "`transferSeconds`" + `, without the start of its helper pod: "whole command" has that.
- The link of 100 Mbit/s is a veth pair with a token bucket in the direction of the client, which runs in a network namespace of
  its own. There are two: fetches take their turns on one, and all others theirs on the other, at the same time. The long link is a TCP forwarder that holds everything back for 20 ms in each direction, and limits nothing else;
  its own processor time is the same for all who use it, and comes out of the same machine.
- Processor time is utime and stime of the API server, the kubelets, containerd and its shims, and the pods' cgroup, sampled
  every 50 ms. Programs that the runtime starts for a few milliseconds are missing. The client's is from wait4.
- Memory is the highest resident set of a process, asked for every 10 ms (client) and 50 ms (pod).
- The source is in the page cache of the node, which is this machine. All of the cluster and the client share its processors.
`

func (p *page) method() {
	p.line("## How it was measured\n")
	for _, one := range p.Sets {
		p.line("- %s: %s", one[0], one[1])
	}
	p.text.WriteString(method[1:])
}
