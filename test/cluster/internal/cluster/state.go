package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
)

// state is what a cluster keeps from one run to the next.
type state struct {
	Nodes    int          `json:"nodes"`
	Block    netip.Prefix `json:"block"`
	Services netip.Prefix `json:"services"` // of the first block: etcd holds addresses of it
	APIPort  int          `json:"apiPort"`
	EtcdPort int          `json:"etcdPort"`
	PeerPort int          `json:"peerPort"`
	S3Port   int          `json:"s3Port"`
	Store    bool         `json:"store"`  // has an S3 store
	Oldest   bool         `json:"oldest"` // runs the oldest supported Kubernetes
	// Containerd is the directory of the containerd that the nodes run.
	Containerd string `json:"containerd"`
}

func (c *Cluster) loadState() error {
	b, err := os.ReadFile(c.run("state.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, &c.state); err != nil { // cut off by a power failure, say
		c.Say("%s is damaged and will be made anew: %v", c.run("state.json"), err)
		c.state = state{}
	}
	return nil
}

func (c *Cluster) saveState() error {
	b, err := json.MarshalIndent(c.state, "", "  ")
	if err != nil {
		return err
	}
	temp := c.run("state.json.new")
	if err := os.WriteFile(temp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, c.run("state.json"))
}

// pickPorts keeps the ports of the last run if this cluster uses them or they are free. The ports of a running cluster never
// change, because its clients know them: pickPorts waits for the port of a process that was just killed.
func (c *Cluster) pickPorts(ctx context.Context) error {
	_, etcd := c.table.Get("etcd")
	_, server := c.table.Get("kube-apiserver")
	_, store := c.table.Get("s3")
	s := &c.state
	free := func() bool {
		return (store || !s.Store && s.S3Port != 0 || allFree(s.S3Port)) && (etcd || allFree(s.EtcdPort, s.PeerPort)) && (server || allFree(s.APIPort))
	}
	if free() {
		return nil
	}
	if c.Running() {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		if poll(ctx, func() (bool, error) { return free(), nil }) != nil {
			return fmt.Errorf("another program uses a port of this cluster (%d, %d, %d or %d); \"cluster down\" and \"cluster up\" choose others",
				s.APIPort, s.EtcdPort, s.PeerPort, s.S3Port)
		}
		return nil
	}
	ports, err := netplan.PickPorts(c.firstPort(), 4)
	if err != nil {
		return err
	}
	s.APIPort = ports[0]
	s.EtcdPort = ports[1]
	s.PeerPort = ports[2]
	s.S3Port = ports[3]
	return nil
}

// firstPort differs between clusters, so that two that start at once do not
// find the same ports free.
func (c *Cluster) firstPort() int {
	n, _ := strconv.ParseInt(c.id, 16, 64) // c.id is hexadecimal
	return 20000 + int(n%1000)*10
}

func allFree(ports ...int) bool {
	for _, p := range ports {
		if p == 0 || !netplan.PortFree(p) {
			return false
		}
	}
	return true
}
