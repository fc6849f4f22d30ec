package cluster

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/kube"
)

// Status prints what runs and reports whether all of it does.
func (c *Cluster) Status(ctx context.Context, w io.Writer) (healthy bool, err error) {
	if !c.Exists() {
		_, err := fmt.Fprintln(w, "there is no cluster: `up` makes one")
		return false, err
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	healthy = c.printProcesses(t)
	for _, n := range c.nodes() {
		ready := healthy && c.nodeReady(ctx, n)
		healthy = healthy && ready
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s on %s\n", n.name, word(ready, "ready", "not ready"), n.address(), n.link())
	}
	_, _ = fmt.Fprintf(t, "server\t%s\t%s\n", word(healthy, "up", "down"), c.serverURL(localhost()))
	_, _ = fmt.Fprintf(t, "kubeconfig\t\t%s\n", c.Kubeconfig())
	return healthy, t.Flush()
}

func (c *Cluster) printProcesses(w io.Writer) bool {
	healthy := true
	for _, name := range c.processNames() {
		r, alive := c.table.Get(name)
		healthy = healthy && alive
		_, _ = fmt.Fprintf(w, "%s\t%s\tprocess %d\n", name, word(alive, "running", "stopped"), r.PID)
	}
	return healthy
}

// processNames lists what a whole cluster runs.
func (c *Cluster) processNames() []string {
	names := []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "local-path-provisioner"}
	if c.HasStore() {
		names = append(names, "s3")
	}
	for _, n := range c.nodes() {
		names = slices.Concat(names, []string{n.process("sandbox"), n.process("containerd"), n.process("kubelet")})
	}
	return names
}

func (c *Cluster) nodeReady(ctx context.Context, n node) bool {
	pki := func(file string) string { return c.run("pki", file) }
	api, err := kube.New(c.serverURL(localhost()), pki("ca.crt"), pki("admin.crt"), pki("admin.key"))
	if err != nil {
		return false
	}
	var object nodeObject
	err = api.Get(ctx, n.path(), &object)
	return err == nil && object.readySince(time.Time{})
}

func word(ok bool, yes, no string) string {
	if ok {
		return yes
	}
	return no
}
