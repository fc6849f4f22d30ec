package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/kube"
)

// The GPU models that the nodes report, in turn.
const (
	gpuResource = "nvidia.com/gpu"
	gpuLabel    = "nvidia.com/gpu.product"
	gpuCount    = "4"
)

func gpuProduct(index int) string {
	products := []string{"NVIDIA-A100-SXM4-80GB", "NVIDIA-L4"}
	return products[(index-1)%len(products)]
}

// nodeObject is what we look at in a node.
type nodeObject struct {
	Metadata struct{ Labels map[string]string }
	Status   struct {
		Capacity   map[string]string
		Conditions []struct {
			Type, Status      string
			LastHeartbeatTime time.Time
		}
	}
}

// readySince reports whether the node has reported after since that it is ready.
// An earlier report may come from a stopped cluster.
func (o nodeObject) readySince(since time.Time) bool {
	for _, condition := range o.Status.Conditions {
		if condition.Type == "Ready" {
			return condition.Status == "True" && !condition.LastHeartbeatTime.Before(since)
		}
	}
	return false
}

// join starts the kubelet, waits for the node and equips it.
func (n node) join(ctx context.Context) error {
	since, err := n.ensureKubelet()
	if err != nil {
		return err
	}
	var object nodeObject
	err = n.c.await(ctx, n.process("kubelet"), func(ctx context.Context) bool {
		object = nodeObject{}
		return n.c.api.Get(ctx, n.path(), &object) == nil && object.readySince(since)
	})
	if err != nil {
		return fmt.Errorf("waiting for %s to be ready: %w", n.name, err)
	}
	return n.advertiseGPUs(ctx, object)
}

// advertiseGPUs does what a device plugin and a feature discovery would.
func (n node) advertiseGPUs(ctx context.Context, object nodeObject) error {
	product := gpuProduct(n.index)
	if object.Metadata.Labels[gpuLabel] != product {
		labels := map[string]any{"metadata": map[string]any{"labels": map[string]string{gpuLabel: product}}}
		if err := n.c.api.Patch(ctx, n.path(), labels); err != nil {
			return err
		}
	}
	if object.Status.Capacity[gpuResource] == gpuCount {
		return nil
	}
	count := map[string]string{gpuResource: gpuCount}
	status := map[string]any{"status": map[string]any{"capacity": count, "allocatable": count}}
	return n.c.api.Patch(ctx, n.path()+"/status", status)
}

func (n node) path() string { return "/api/v1/nodes/" + n.name }

// awaitDefaults waits for what the controllers make in a new cluster.
func (c *Cluster) awaitDefaults(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return poll(ctx, func() (bool, error) {
		err := c.api.Get(ctx, "/api/v1/namespaces/default/serviceaccounts/default", nil)
		if kube.NotFound(err) {
			return false, nil
		}
		return err == nil, err
	})
}
