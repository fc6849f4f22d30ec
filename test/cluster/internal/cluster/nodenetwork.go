package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
)

// ensureNetwork connects the node to the bridge and routes the pods of all nodes.
func (n node) ensureNetwork(ctx context.Context) error {
	r, alive := n.c.table.Get(n.process("sandbox"))
	if !alive {
		return errors.New("its sandbox has ended")
	}
	if err := n.ensureLink(ctx, r.PID); err != nil {
		return err
	}
	if err := n.batch(ctx, n.routes()); err != nil {
		return err
	}
	pods, via := n.c.block().Pods(n.index).String(), n.address().String()
	if err := command(ctx, "ip", "route", "replace", pods, "via", via, "dev", n.c.bridge()); err != nil {
		return err
	}
	n.redirectService(ctx)
	return nil
}

// ensureLink plugs a virtual cable in. The address of its far end is the same
// each time, for the machine and the other nodes remember it for a while.
func (n node) ensureLink(ctx context.Context, pid int) error {
	if _, err := net.InterfaceByName(n.link()); err != nil {
		mac := fmt.Sprintf("02:6b:%s:%s:%s:%02x", n.c.id[0:2], n.c.id[2:4], n.c.id[4:6], n.index)
		err := command(ctx, "ip", "link", "add", n.link(), "type", "veth",
			"peer", "name", "eth0", "address", mac, "netns", strconv.Itoa(pid))
		if err != nil {
			return err
		}
	}
	return command(ctx, "ip", "link", "set", n.link(), "master", n.c.bridge(), "up")
}

func (n node) link() string { return n.c.bridge() + "n" + strconv.Itoa(n.index) }

// routes are the node's addresses and its routes to the pods of the other nodes.
// There is no default route: addresses outside the cluster are unreachable, and
// a pull of a missing image fails immediately.
func (n node) routes() []string {
	b := n.c.block()
	lines := []string{
		fmt.Sprintf("addr replace %s/%d dev eth0", n.address(), b.Nodes().Bits()),
		"link set eth0 up",
	}
	for i := 1; i <= netplan.MaxNodes; i++ {
		if i != n.index {
			lines = append(lines, fmt.Sprintf("route replace %s via %s", b.Pods(i), b.Node(i)))
		}
	}
	return lines
}

// batch gives lines to one ip command inside the node.
func (n node) batch(ctx context.Context, lines []string) error {
	args, err := n.enter("ip", "-batch", "-")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip -batch: %w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// redirectService leads the one service that every cluster has, its API, to the
// server: all that is needed of a kube-proxy here. A kernel without NAT has to
// do without.
func (n node) redirectService(ctx context.Context) {
	rule := []string{
		"PREROUTING", "-d", netplan.Host(n.c.state.Services, 1).String(), "-p", "tcp", "--dport", "443",
		"-j", "DNAT", "--to-destination", fmt.Sprintf("%s:%d", n.c.block().Gateway(), n.c.state.APIPort),
	}
	for _, action := range []string{"-C", "-A"} {
		args, err := n.enter(append([]string{"iptables", "-w", "-t", "nat", action}, rule...)...)
		if err != nil || command(ctx, args[0], args[1:]...) == nil {
			return
		}
	}
}
