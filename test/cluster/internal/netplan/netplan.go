// Package netplan picks unused addresses and ports of the machine.
package netplan

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// MaxNodes is how many nodes a cluster's address block has room for.
const MaxNodes = 30

// blockBits is the size of the block that contains a cluster's subnets.
const blockBits = 18

// firstNode is the host number of the first node in the node subnet.
const firstNode = 11

// Block is a cluster's address space: the nodes' subnet, a subnet of pods for
// each node, and in its upper half the services.
type Block struct{ netip.Prefix }

// PickBlock returns the first private block that overlaps no used address. It
// starts in the middle of 10/8, where few networks are.
func PickBlock(used []netip.Prefix) (Block, error) {
	for _, space := range []string{"10.192.0.0/10", "10.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"} {
		if b, ok := pickIn(netip.MustParsePrefix(space), used); ok {
			return b, nil
		}
	}
	return Block{}, errors.New("no private address block is free on this machine")
}

func pickIn(space netip.Prefix, used []netip.Prefix) (Block, bool) {
	for i := range 1 << (blockBits - space.Bits()) {
		b := Block{netip.PrefixFrom(add(space.Addr(), i<<(32-blockBits)), blockBits)}
		if b.Free(used) {
			return b, true
		}
	}
	return Block{}, false
}

// Free reports whether the block overlaps none of the networks in use.
func (b Block) Free(used []netip.Prefix) bool {
	for _, u := range used {
		if u.Bits() > 0 && u.Overlaps(b.Prefix) {
			return false
		}
	}
	return true
}

// Nodes is the subnet that the nodes and the bridge are in.
func (b Block) Nodes() netip.Prefix { return b.subnet(0) }

// Gateway is the bridge's address: the machine, as the nodes see it.
func (b Block) Gateway() netip.Addr { return add(b.Addr(), 1) }

// Node is the address of node i, counted from 1.
func (b Block) Node(i int) netip.Addr { return add(b.Addr(), firstNode+i-1) }

// Pods is the subnet of the pods on node i, counted from 1.
func (b Block) Pods(i int) netip.Prefix { return b.subnet(i) }

// Services is the range of the services' virtual addresses.
func (b Block) Services() netip.Prefix {
	return netip.PrefixFrom(add(b.Addr(), 1<<(31-blockBits)), blockBits+1)
}

// Host is the n-th address of a network.
func Host(p netip.Prefix, n int) netip.Addr { return add(p.Addr(), n) }

func (b Block) subnet(i int) netip.Prefix { return netip.PrefixFrom(add(b.Addr(), i<<8), 24) }

func add(a netip.Addr, n int) netip.Addr {
	b := a.As4()
	v := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	v += uint32(n)
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// PickPorts returns n free TCP ports from start upwards. They are
// below those that the kernel assigns by itself.
func PickPorts(start, n int) ([]int, error) {
	var ports []int
	for p := start; len(ports) < n; p++ {
		if p > 32000 {
			return nil, fmt.Errorf("no %d free TCP ports between %d and 32000", n, start)
		}
		if PortFree(p) {
			ports = append(ports, p)
		}
	}
	return ports, nil
}

// PortFree reports whether a server could listen on the port, on every address.
func PortFree(port int) bool {
	l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
