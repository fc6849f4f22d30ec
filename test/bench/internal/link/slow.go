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
type Slow struct{ number int }

func (s *Slow) namespace() string { return fmt.Sprintf("kb-bench%d", s.number) }
func (s *Slow) device() string    { return fmt.Sprintf("kbbench%d", s.number) }

// address is one of the line's own; each line has four.
func (s *Slow) address(host int) string { return fmt.Sprintf("198.18.77.%d", 4*s.number+host) }

// NewSlow creates the line with that number, below 64; rate is in the form of tc
// (100mbit). It first removes a leftover line with the same number.
func NewSlow(ctx context.Context, number int, rate string) (*Slow, error) {
	s := &Slow{number}
	s.Close(ctx)
	namespace, device := s.namespace(), s.device()
	for _, line := range []string{
		"ip netns add " + namespace,
		"ip link add " + device + " type veth peer name eth0 netns " + namespace,
		"ip addr add " + s.address(1) + "/30 dev " + device,
		"ip link set " + device + " up",
		"ip -n " + namespace + " addr add " + s.address(2) + "/30 dev eth0",
		"ip -n " + namespace + " link set lo up",
		"ip -n " + namespace + " link set eth0 up",
		"ip -n " + namespace + " route add default via " + s.address(1),
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
func (s *Slow) Command() []string { return []string{"nsenter", "--net=/run/netns/" + s.namespace()} }

// HostAddr is this machine, as the far end sees it.
func (s *Slow) HostAddr() string { return s.address(1) }

// Close removes the line, also one that an earlier run left.
func (s *Slow) Close(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	_ = run(ctx, "ip link del "+s.device()) // is not there as a rule
	_ = run(ctx, "ip netns del "+s.namespace())
}

func run(ctx context.Context, line string) error {
	words := strings.Fields(line)
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}
