// Package link makes the lines that the numbers are taken on: one of 100 Mbit/s,
// and one that is long.
package link

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// A Slow line leads from a network namespace, in which clients run, to this
// machine. What it carries to them is limited.
type Slow struct{}

const (
	namespace  = "kb-bench"
	device     = "kbbench0"
	hostAddr   = "198.18.77.1"
	clientAddr = "198.18.77.2"
)

// NewSlow makes the line; rate is as tc takes it (100mbit). What an earlier one
// left is removed first.
func NewSlow(ctx context.Context, rate string) (*Slow, error) {
	s := &Slow{}
	s.Close(ctx)
	for _, line := range []string{
		"ip netns add " + namespace,
		"ip link add " + device + " type veth peer name eth0 netns " + namespace,
		"ip addr add " + hostAddr + "/30 dev " + device,
		"ip link set " + device + " up",
		"ip -n " + namespace + " addr add " + clientAddr + "/30 dev eth0",
		"ip -n " + namespace + " link set lo up",
		"ip -n " + namespace + " link set eth0 up",
		"ip -n " + namespace + " route add default via " + hostAddr,
		"tc qdisc add dev " + device + " root tbf rate " + rate + " burst 128kb latency 50ms",
	} {
		if err := run(ctx, line); err != nil {
			s.Close(ctx)
			return nil, err
		}
	}
	return s, nil
}

// Command is what a command line is put behind to run at the far end.
func (s *Slow) Command() []string { return []string{"nsenter", "--net=/run/netns/" + namespace} }

// HostAddr is this machine, as the far end sees it.
func (s *Slow) HostAddr() string { return hostAddr }

// Close removes the line, also one that an earlier run left.
func (s *Slow) Close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	_ = run(ctx, "ip link del "+device) // is not there as a rule
	_ = run(ctx, "ip netns del "+namespace)
}

func run(ctx context.Context, line string) error {
	words := strings.Fields(line)
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}
