// Package cluster brings a Kubernetes cluster up on one machine, and down again.
// The control plane runs on the machine itself; each node is a pair of mount and
// network namespaces in which containerd and a kubelet run.
package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cgroup"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/kube"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/pki"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/process"
)

// Names that the images are known by in the cluster.
const (
	BusyboxImage = "registry.k8s.io/e2e-test-images/busybox:1.37.0-1" // the product's default helper image
	ExampleImage = "localhost/ds-job:1"
	trainImage   = "localhost/train:1"

	shortBusyboxImage = "docker.io/library/busybox:latest"
	pauseImage        = "localhost/pause:1"
)

// DefaultNodes is the default number of nodes of a new cluster.
const DefaultNodes = 2

// Cluster is the one cluster that belongs to a cache directory.
type Cluster struct {
	Cache    string // binaries, images and state
	Say      func(format string, args ...any)
	Registry Registry // where it records that it runs

	id     string
	table  process.Table
	groups cgroup.Tree
	state  state
	bins   binaries
	ca     *pki.Authority
	api    *kube.Client
}

// Open reads the state of the cluster in a cache directory. It changes nothing.
func Open(cache string, say func(format string, args ...any)) (*Cluster, error) {
	sum := sha256.Sum256([]byte(cache))
	c := &Cluster{Cache: cache, Say: say, Registry: SystemRegistry(), id: hex.EncodeToString(sum[:3])}
	c.table = process.Table{Dir: c.run("processes"), Logs: c.run("log")}
	groups, err := cgroup.Open("/sys/fs/cgroup", "kb-"+c.id)
	if err != nil {
		return nil, err
	}
	c.groups = groups
	return c, c.loadState()
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.run("admin.kubeconfig") }

// KubectlDir is a directory that contains only the cluster's kubectl.
func (c *Cluster) KubectlDir() string { return c.run("path") }

// Nodes is the number of nodes that the cluster has, or had when it last ran.
func (c *Cluster) Nodes() int { return c.state.Nodes }

// Exists reports whether the cluster has been brought up and not wiped since.
func (c *Cluster) Exists() bool { return c.state.Nodes > 0 }

// HasStore reports whether the cluster has an S3 store.
func (c *Cluster) HasStore() bool { return c.state.Store }

// Running reports whether any process of the cluster is alive.
func (c *Cluster) Running() bool {
	names, _ := c.table.Names()
	for _, name := range names {
		if _, alive := c.table.Get(name); alive {
			return true
		}
	}
	return false
}

func (c *Cluster) run(elem ...string) string {
	return filepath.Join(append([]string{c.Cache, "run"}, elem...)...)
}

func (c *Cluster) bridge() string       { return "kb" + c.id }
func (c *Cluster) block() netplan.Block { return netplan.Block{Prefix: c.state.Block} }
func (c *Cluster) serverURL(host netip.Addr) string {
	return fmt.Sprintf("https://%s:%d", host, c.state.APIPort)
}

func localhost() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

func (c *Cluster) spec(name, group string, args ...string) process.Spec {
	return process.Spec{
		Name: name,
		Args: args,
		Join: func(pid int) error { return c.groups.Join(group, pid) },
	}
}

// makeDirs makes directories below the run directory.
func (c *Cluster) makeDirs(dirs ...string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(c.run(dir), 0o755); err != nil {
			return err
		}
	}
	return nil
}
