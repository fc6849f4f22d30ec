package cluster

import (
	"context"
	"os"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/build"
)

// binaries are the directories that the components were built into.
type binaries struct {
	kubernetes, containerd, cni, localPath, s3, pause string
}

// build makes what is not built yet.
func (c *Cluster) build(ctx context.Context, root string) error {
	b := build.Builder{Cache: filepath.Join(c.Cache, "bin"), Say: c.Say}
	dirs := map[string]string{}
	for _, component := range build.Components(filepath.Join(root, "test", "cluster")) {
		dir, err := b.Ensure(ctx, component)
		if err != nil {
			return err
		}
		dirs[component.Name] = dir
	}
	c.bins = binaries{dirs["kubernetes"], dirs["containerd"], dirs["cni"], dirs["localpath"], dirs["s3"], dirs["pause"]}
	return nil
}

// linkKubectl offers kubectl in a directory of its own, for PATH.
func (c *Cluster) linkKubectl() error {
	if err := os.MkdirAll(c.KubectlDir(), 0o755); err != nil {
		return err
	}
	link, temp := filepath.Join(c.KubectlDir(), "kubectl"), c.run("kubectl.new")
	_ = os.Remove(temp)
	if err := os.Symlink(filepath.Join(c.bins.kubernetes, "kubectl"), temp); err != nil {
		return err
	}
	return os.Rename(temp, link)
}
