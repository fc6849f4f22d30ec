package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/netplan"
)

const storageNamespace = "local-path-storage"

// nodePaths configures the provisioner's directory on a node.
type nodePaths struct {
	Node  string   `json:"node"`
	Paths []string `json:"paths"`
}

// writeStorageConfig configures a directory for every possible node.
func (c *Cluster) writeStorageConfig() error {
	var paths []nodePaths
	for i := range netplan.MaxNodes {
		n := c.node(i + 1)
		paths = append(paths, nodePaths{n.name, []string{filepath.Join(n.dir, "volumes")}})
	}
	b, err := json.Marshal(map[string]any{"nodePathMap": paths})
	if err != nil {
		return err
	}
	return os.WriteFile(c.run("local-path.json"), b, 0o644)
}

func (c *Cluster) provisionerArgs() []string {
	return []string{
		filepath.Join(c.bins.localPath, "local-path-provisioner"), "start",
		"--kubeconfig", c.run("admin.kubeconfig"),
		"--config", c.run("local-path.json"),
		"--provisioner-name", "rancher.io/local-path",
		"--namespace", storageNamespace,
		"--configmap-name", "local-path-config",
		"--service-account-name", "local-path-provisioner",
		"--helper-image", shortBusyboxImage,
		"--worker-threads", "8",
	}
}

// applyStorage makes the objects that dynamic provisioning rests on.
func (c *Cluster) applyStorage(ctx context.Context) error {
	const inNamespace = "/api/v1/namespaces/" + storageNamespace
	for _, m := range []struct{ file, path string }{
		{"namespace", inNamespace},
		{"serviceaccount", inNamespace + "/serviceaccounts/local-path-provisioner"},
		{"provisioner", inNamespace + "/configmaps/local-path-config"},
		{"storageclass", "/apis/storage.k8s.io/v1/storageclasses/local-path"},
	} {
		yaml, err := manifests.ReadFile("manifests/" + m.file + ".yaml")
		if err != nil {
			return err
		}
		if err := c.api.Apply(ctx, m.path, string(yaml)); err != nil {
			return fmt.Errorf("applying %s: %w", m.file, err)
		}
	}
	return nil
}
