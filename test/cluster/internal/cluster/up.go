package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
)

// Options describe a cluster.
type Options struct {
	Root  string // of the checkout that it is built from
	Nodes int
	// Oldest selects the oldest supported Kubernetes. A cluster keeps its version:
	// an older server must not read the data of a newer one.
	Oldest bool
	Store  bool // an S3 store; a cluster that has one keeps it
	Build  bool // build what is not built yet, also if that takes minutes
}

// Up makes the cluster run with that many nodes. What runs is left alone, what
// is missing or has died is started, and nodes beyond are removed.
func (c *Cluster) Up(ctx context.Context, o Options) error {
	if o.Nodes < 1 || o.Nodes > netplan.MaxNodes {
		return fmt.Errorf("a cluster has 1 to %d nodes, not %d", netplan.MaxNodes, o.Nodes)
	}
	begin := time.Now()
	if err := c.Build(ctx, o); err != nil {
		return err
	}
	images, err := c.buildImages()
	if err != nil {
		return err
	}
	built := time.Now()
	if err := c.lay(ctx, o.Nodes); err != nil {
		return err
	}
	if err := c.Registry.add(c); err != nil {
		return err
	}
	if err := c.start(ctx, images, o.Nodes); err != nil {
		return err
	}
	if err := c.shrink(ctx, o.Nodes); err != nil {
		return err
	}
	c.Say("ready, nodes: %d (%s, of which building %s)", o.Nodes,
		time.Since(begin).Round(100*time.Millisecond), built.Sub(begin).Round(100*time.Millisecond))
	return nil
}

// Build prepares all that Up needs and starts nothing.
func (c *Cluster) Build(ctx context.Context, o Options) error {
	if o.Oldest && c.Exists() && !c.state.Oldest {
		return fmt.Errorf("the cluster in %s runs the newest Kubernetes; set KUBECTL_BATCH_CLUSTER_DIR to another directory for the oldest", c.Cache)
	}
	if err := host.EnsurePackages(ctx, c.Say); err != nil {
		return err
	}
	c.state.Store = c.state.Store || o.Store
	c.state.Oldest = c.state.Oldest || o.Oldest
	return c.ensureBinaries(ctx, o.Root, o.Build)
}

// lay prepares all that the processes find when they start.
func (c *Cluster) lay(ctx context.Context, nodes int) error {
	if err := c.makeDirs("processes", "log", "s3", "metadata-s3", "users-s3"); err != nil {
		return err
	}
	if !c.Running() || !c.Exists() { // what a crash has left, or a lost state, is of no use
		if err := c.Down(ctx, false); err != nil {
			return err
		}
	}
	surplus := c.state.Nodes
	if err := c.ensureNetwork(ctx); err != nil {
		return err
	}
	if err := c.pickPorts(ctx); err != nil {
		return err
	}
	c.state.Nodes, c.state.Containerd = max(nodes, surplus), c.bins.containerd
	if err := c.saveState(); err != nil {
		return err
	}
	if err := c.issueCertificates(); err != nil {
		return err
	}
	if err := c.writeKubeconfigs(); err != nil {
		return err
	}
	if err := c.writeStorageConfig(); err != nil {
		return err
	}
	if err := c.linkKubectl(); err != nil {
		return err
	}
	return c.groups.Make(controlGroup)
}

// start brings control plane and nodes up side by side, and joins them.
func (c *Cluster) start(ctx context.Context, images []archive, count int) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := c.startControlPlane(groupCtx); err != nil {
			return err
		}
		if err := c.applyStorage(groupCtx); err != nil { // the provisioner reads it when it starts
			return err
		}
		return c.startControllers()
	})
	for _, n := range c.nodes()[:count] {
		group.Go(func() error { return n.prepare(groupCtx, images) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	group, groupCtx = errgroup.WithContext(ctx)
	for _, n := range c.nodes()[:count] {
		group.Go(func() error { return n.join(groupCtx) })
	}
	group.Go(func() error { return c.awaitDefaults(groupCtx) })
	if c.HasStore() {
		group.Go(func() error { return c.startStore(groupCtx) })
	}
	return group.Wait()
}

// shrink removes the nodes beyond the first keep, with their volumes.
func (c *Cluster) shrink(ctx context.Context, keep int) error {
	for _, n := range c.nodes()[keep:] {
		c.Say("removing %s", n.name)
		if err := n.clear(); err != nil {
			return err
		}
		if err := c.api.Delete(ctx, n.path()); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Clean(n.dir)); err != nil {
			return err
		}
	}
	c.state.Nodes = keep
	return c.saveState()
}
