package cluster

import (
	"strings"
	"testing"
)

func TestClusterKeepsItsKubernetes(t *testing.T) {
	c := &Cluster{Cache: t.TempDir(), Say: t.Logf}
	c.state.Nodes = 1
	err := c.Build(t.Context(), Options{Root: "../../../..", Nodes: 1, Oldest: true})
	if err == nil || !strings.Contains(err.Error(), "KUBECTL_BATCH_CLUSTER_DIR") {
		t.Errorf("data of the newest server would be opened by the oldest: %v", err)
	}
}
