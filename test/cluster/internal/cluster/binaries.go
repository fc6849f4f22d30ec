package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/build"
)

// shortBuild is the longest build that is done without a request.
const shortBuild = time.Minute

// binaries are the directories that the components were built into.
type binaries struct {
	kubernetes, localPath, containerd, cni, s3, pause, example string
}

// NotBuiltError means that a cluster cannot start before its programs are built.
type NotBuiltError struct {
	Names    string        // of the components that are not built
	Estimate time.Duration // of the time that it takes to build them
	Dir      string        // where they will be
}

func (e NotBuiltError) Error() string {
	return fmt.Sprintf("these programs of the cluster are not built: %s; run \"make cluster-up\" first, which builds them into %s in about %s",
		e.Names, e.Dir, build.Roughly(e.Estimate))
}

// ensureBinaries builds the missing components. If that takes
// more than a minute and long is false, it returns a NotBuiltError.
func (c *Cluster) ensureBinaries(ctx context.Context, root string, long bool) error {
	b := build.Builder{Cache: filepath.Join(c.Cache, "bin"), Say: c.Say}
	targets, err := b.Targets(ctx, build.Components(root, build.Variant{Oldest: c.state.Oldest, Store: c.state.Store}))
	if err != nil {
		return err
	}
	dirs := map[string]string{}
	for _, t := range targets {
		dirs[t.Name] = t.Out
	}
	c.bins = binaries{dirs["kubernetes"], dirs["localpath"], dirs["containerd"], dirs["cni"], dirs["s3"], dirs["pause"], dirs["example"]}
	missing := build.Missing(targets)
	if len(missing) == 0 {
		return nil
	}
	names, estimate := build.Names(missing), build.Estimate(missing)
	if estimate > shortBuild && !long {
		return NotBuiltError{Names: names, Estimate: estimate, Dir: b.Cache}
	}
	c.Say("building %s into %s: about %s if Go has compiled none of it before", names, b.Cache, build.Roughly(estimate))
	return b.Build(ctx, missing)
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
