package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
)

// machineLock keeps clusters from picking the same subnet at the same time.
const machineLock = "/run/kubectl-batch-cluster.lock"

// ensureNetwork makes the bridge that joins the nodes and the machine.
func (c *Cluster) ensureNetwork(ctx context.Context) error {
	lock, err := host.LockExclusive(ctx, machineLock, func() {})
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := c.pickBlock(ctx); err != nil {
		return err
	}
	if _, err := net.InterfaceByName(c.bridge()); err != nil {
		if err := command(ctx, "ip", "link", "add", c.bridge(), "type", "bridge"); err != nil {
			return err
		}
	}
	address := netip.PrefixFrom(c.block().Gateway(), c.block().Nodes().Bits()).String()
	if err := command(ctx, "ip", "addr", "replace", address, "dev", c.bridge()); err != nil {
		return err
	}
	if err := command(ctx, "ip", "link", "set", c.bridge(), "up"); err != nil {
		return err
	}
	return c.openFirewall(ctx)
}

// pickBlock keeps the address block of a cluster that runs, and of the last run
// unless others use it now.
func (c *Cluster) pickBlock(ctx context.Context) error {
	if c.state.Block.IsValid() && c.Running() {
		return nil
	}
	used, err := c.usedNetworks(ctx)
	if err != nil {
		return err
	}
	if c.state.Block.IsValid() && c.block().Free(used) {
		return nil
	}
	block, err := netplan.PickBlock(used)
	if err != nil {
		return err
	}
	c.state.Block = block.Prefix
	if !c.state.Services.IsValid() {
		c.state.Services = block.Services()
	}
	return nil
}

// usedNetworks lists what the machine's interfaces and routes use, without ours.
func (c *Cluster) usedNetworks(ctx context.Context) ([]netip.Prefix, error) {
	out, err := exec.CommandContext(ctx, "ip", "-json", "-4", "route", "show", "table", "all").Output()
	if err != nil {
		return nil, fmt.Errorf("listing the machine's routes: %w", err)
	}
	var routes []struct{ Dst, Dev string }
	if err := json.Unmarshal(out, &routes); err != nil {
		return nil, fmt.Errorf("reading the machine's routes: %w", err)
	}
	var used []netip.Prefix
	for _, r := range routes {
		if r.Dev == c.bridge() {
			continue
		}
		if p, err := netip.ParsePrefix(r.Dst); err == nil {
			used = append(used, p)
		} else if a, err := netip.ParseAddr(r.Dst); err == nil {
			used = append(used, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return used, nil
}

// firewallRules allow traffic between the nodes and the machine, and between nodes if the
// machine filters the traffic on its bridges.
func (c *Cluster) firewallRules() map[string][]string {
	return map[string][]string{
		"INPUT":   {"-i", c.bridge(), "-j", "ACCEPT"},
		"FORWARD": {"-i", c.bridge(), "-o", c.bridge(), "-j", "ACCEPT"},
	}
}

// openFirewall adds our rules to chains that let not everything pass.
func (c *Cluster) openFirewall(ctx context.Context) error {
	for chain, rule := range c.firewallRules() {
		out, err := exec.CommandContext(ctx, "iptables", "-w", "-S", chain).Output()
		if err != nil || !restrictive(string(out), chain) || strings.Contains(string(out), "-i "+c.bridge()+" ") {
			continue // no iptables in this kernel, nothing to open, or open already
		}
		if err := command(ctx, "iptables", append([]string{"-w", "-I", chain}, rule...)...); err != nil {
			return err
		}
	}
	return nil
}

func restrictive(rules, chain string) bool { return strings.TrimSpace(rules) != "-P "+chain+" ACCEPT" }

// closeFirewall removes these rules.
func (c *Cluster) closeFirewall(ctx context.Context) {
	for chain, rule := range c.firewallRules() {
		args := append([]string{"-w", "-D", chain}, rule...)
		for command(ctx, "iptables", args...) == nil {
			continue
		}
	}
}

// removeNetwork deletes the bridge; the routes over it go with it.
func (c *Cluster) removeNetwork(ctx context.Context) error {
	c.closeFirewall(ctx)
	if _, err := net.InterfaceByName(c.bridge()); err == nil {
		return command(ctx, "ip", "link", "del", c.bridge())
	}
	return nil
}

func command(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
