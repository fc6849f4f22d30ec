package netplan

import (
	"net"
	"net/netip"
	"testing"
)

func prefixes(texts ...string) []netip.Prefix {
	var subnets []netip.Prefix
	for _, s := range texts {
		subnets = append(subnets, netip.MustParsePrefix(s))
	}
	return subnets
}

func TestPickBlock(t *testing.T) {
	for name, test := range map[string]struct {
		used []netip.Prefix
		want string
	}{
		"free machine":    {nil, "10.192.0.0/18"},
		"default route":   {prefixes("0.0.0.0/0"), "10.192.0.0/18"},
		"first taken":     {prefixes("10.192.5.0/24"), "10.192.64.0/18"},
		"one address":     {prefixes("10.192.63.255/32"), "10.192.64.0/18"},
		"gap between":     {prefixes("10.192.0.0/17", "10.192.192.0/18"), "10.192.128.0/18"},
		"company uses 10": {prefixes("10.0.0.0/8"), "172.16.0.0/18"},
		"and docker":      {prefixes("10.0.0.0/8", "172.17.0.0/16"), "172.16.0.0/18"},
		"all of RFC 1918": {prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"), "100.64.0.0/18"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := PickBlock(test.used)
			if err != nil || got.String() != test.want {
				t.Errorf("got %s, %v; want %s", got, err, test.want)
			}
		})
	}
}

func TestPickBlockNoneFree(t *testing.T) {
	if b, err := PickBlock(prefixes("0.0.0.0/1", "128.0.0.0/1")); err == nil {
		t.Errorf("got %s, want an error", b)
	}
}

// The subnets of a block lie inside it and apart from each other.
func TestBlockLayout(t *testing.T) {
	block, err := PickBlock(nil)
	if err != nil {
		t.Fatal(err)
	}
	subnets := []netip.Prefix{block.Nodes(), block.Services()}
	for i := 1; i <= MaxNodes; i++ {
		subnets = append(subnets, block.Pods(i))
		if !block.Nodes().Contains(block.Node(i)) {
			t.Errorf("node %d has %s, outside %s", i, block.Node(i), block.Nodes())
		}
	}
	for i, a := range subnets {
		if !block.Contains(a.Addr()) || a.Bits() < block.Bits() {
			t.Errorf("%s is not in %s", a, block)
		}
		for _, b := range subnets[:i] {
			if a.Overlaps(b) {
				t.Errorf("%s overlaps %s", a, b)
			}
		}
	}
	if !block.Nodes().Contains(block.Gateway()) {
		t.Errorf("the gateway %s is not in %s", block.Gateway(), block.Nodes())
	}
}

func TestPickPorts(t *testing.T) {
	l, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	taken := l.Addr().(*net.TCPAddr).Port
	if PortFree(taken) {
		t.Errorf("port %d counts as free", taken)
	}
	ports, err := PickPorts(21000, 3)
	if err != nil || len(ports) != 3 || ports[0] == ports[1] || ports[1] == ports[2] {
		t.Errorf("got %v, %v", ports, err)
	}
	if _, err := PickPorts(31999, 5); err == nil {
		t.Error("five ports were found between 31999 and 32000")
	}
}
