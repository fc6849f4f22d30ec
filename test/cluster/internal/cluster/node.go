package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/pki"
)

// node is one node of the cluster. Its sandbox process holds its namespaces.
type node struct {
	c     *Cluster
	index int // from 1
	name  string
	dir   string
}

func (c *Cluster) node(i int) node {
	name := "node" + strconv.Itoa(i)
	return node{c: c, index: i, name: name, dir: c.run(name)}
}

func (c *Cluster) nodes() []node {
	var nodes []node
	for i := range c.state.Nodes {
		nodes = append(nodes, c.node(i+1))
	}
	return nodes
}

func (n node) process(role string) string { return role + "-" + n.name }
func (n node) daemons() string            { return n.name + "/daemons" }
func (n node) pods() string               { return n.name + "/pods" }
func (n node) address() netip.Addr        { return n.c.block().Node(n.index) }

// prepare starts what a node needs before it can join: its sandbox, network,
// containerd and images.
func (n node) prepare(ctx context.Context, images []archive) error {
	if err := n.ensureSandbox(ctx); err != nil {
		return fmt.Errorf("starting the sandbox of %s: %w", n.name, err)
	}
	if err := n.ensureNetwork(ctx); err != nil {
		return fmt.Errorf("connecting %s: %w", n.name, err)
	}
	if err := n.ensureContainerd(ctx); err != nil {
		return err
	}
	for _, a := range images {
		if err := n.ensureImage(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// ensureSandbox makes the node's namespaces. Without them whatever is left of
// the node is of no use, so that it is cleared away first.
func (n node) ensureSandbox(ctx context.Context) error {
	if _, alive := n.c.table.Get(n.process("sandbox")); !alive {
		if err := n.clear(); err != nil {
			return err
		}
	}
	if err := n.writeFiles(); err != nil {
		return err
	}
	for _, group := range []string{n.daemons(), n.pods()} {
		if err := n.c.groups.Make(group); err != nil {
			return err
		}
	}
	args := []string{"unshare", "--mount", "--net", "--propagation", "private", "sh", filepath.Join(n.dir, "node.sh")}
	if _, err := n.c.table.Ensure(n.c.spec(n.process("sandbox"), n.daemons(), args...)); err != nil {
		return err
	}
	return n.c.await(ctx, n.process("sandbox"), func(context.Context) bool { return n.sandboxReady() })
}

// sandboxReady reports whether the sandbox has set itself up and become pause.
func (n node) sandboxReady() bool {
	r, _ := n.c.table.Get(n.process("sandbox"))
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", r.PID))
	return err == nil && filepath.Base(exe) == "pause"
}

// clear ends all that runs on the node.
func (n node) clear() error {
	n.c.table.Stop(2*time.Second, n.process("kubelet"), n.process("containerd"), n.process("sandbox"))
	return n.c.groups.Destroy(n.name)
}

// enter is the command line that runs a program inside the node.
func (n node) enter(args ...string) ([]string, error) {
	r, alive := n.c.table.Get(n.process("sandbox"))
	if !alive {
		return nil, fmt.Errorf("%s is not running:\n%s", n.name, n.c.table.LogTail(n.process("sandbox")))
	}
	return append([]string{"nsenter", "--target", strconv.Itoa(r.PID), "--mount", "--net", "--"}, args...), nil
}

func (n node) ensureContainerd(ctx context.Context) error {
	args, err := n.enter(filepath.Join(n.c.bins.containerd, "containerd"), "--config", filepath.Join(n.dir, "containerd.toml"))
	if err != nil {
		return err
	}
	spec := n.c.spec(n.process("containerd"), n.daemons(), args...)
	spec.Files = []string{filepath.Join(n.dir, "containerd.toml")}
	spec.Env = []string{"PATH=" + n.c.bins.containerd + ":" + os.Getenv("PATH")} // finds its shim there
	if _, err := n.c.table.Ensure(spec); err != nil {
		return err
	}
	return n.c.await(ctx, spec.Name, n.containerdAnswers)
}

func (n node) containerdAnswers(ctx context.Context) bool {
	args, err := n.enter(filepath.Join(n.c.bins.containerd, "ctr"), "--timeout", "2s", "version")
	return err == nil && command(ctx, args[0], args[1:]...) == nil
}

// ensureKubelet returns the time from which the node's own reports count.
func (n node) ensureKubelet() (since time.Time, err error) {
	config, kubeconfig := filepath.Join(n.dir, "kubelet.yaml"), filepath.Join(n.dir, "kubeconfig")
	args, err := n.enter(n.c.kube("kubelet"), "--config="+config, "--kubeconfig="+kubeconfig,
		"--hostname-override="+n.name, "--node-ip="+n.address().String())
	if err != nil {
		return time.Time{}, err
	}
	spec := n.c.spec(n.process("kubelet"), n.daemons(), args...)
	spec.Files = []string{config, kubeconfig}
	start := time.Now().Truncate(time.Second)
	started, err := n.c.table.Ensure(spec)
	if !started {
		start = time.Time{}
	}
	return start, err
}

// writeFiles makes the node's directories, identity and configuration.
func (n node) writeFiles() error {
	for _, dir := range []string{"kubelet", "containerd", "podlogs", "cni", "registries", "sysctl", "images", "volumes", "volumeplugins"} {
		if err := os.MkdirAll(filepath.Join(n.dir, dir), 0o755); err != nil {
			return err
		}
	}
	id := pki.Identity{
		File: n.name, User: "system:node:" + n.name, Group: "system:nodes",
		DNS: []string{n.name}, IPs: []netip.Addr{n.address()},
	}
	if err := n.c.ca.Issue(id); err != nil {
		return err
	}
	data := map[string]string{
		"Dir": n.dir, "CNI": n.c.bins.cni, "Pause": filepath.Join(n.c.bins.pause, "pause"),
		"PauseImage": pauseImage, "Snapshotter": n.snapshotter(),
		"PodSubnet": n.c.block().Pods(n.index).String(), "DNS": netplan.Host(n.c.state.Services, 10).String(),
		"CA": n.c.ca.Cert("ca"), "Cert": n.c.ca.Cert(n.name), "Key": n.c.ca.Key(n.name),
		"CgroupRoot": n.c.groups.Path(n.pods()),
	}
	return errors.Join(
		render("node.sh", filepath.Join(n.dir, "node.sh"), data),
		render("containerd.toml", filepath.Join(n.dir, "containerd.toml"), data),
		render("kubelet.yaml", filepath.Join(n.dir, "kubelet.yaml"), data),
		render("cni.conflist", filepath.Join(n.dir, "cni", "10-pods.conflist"), data),
		os.WriteFile(filepath.Join(n.dir, "resolv.conf"), []byte("# nothing is resolved outside the cluster\n"), 0o644),
		n.c.writeKubeconfig(filepath.Join(n.dir, "kubeconfig"), n.name, n.c.block().Gateway()),
	)
}

// snapshotter is overlayfs, except on an overlay (inside a container), because
// the kernel cannot stack overlays.
func (n node) snapshotter() string {
	if onOverlay(n.c.Cache) {
		return "native"
	}
	return "overlayfs"
}
