package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cluster"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
)

// errCommand marks the failure of the command that exec ran.
var errCommand = errors.New("command failed")

func newExec(s *settings) *cobra.Command {
	var o cluster.Options
	cmd := &cobra.Command{
		Use:   "exec [--nodes N] [--store] -- COMMAND [ARG...]",
		Short: "Run a command against the cluster; start and stop it if need be",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError("exec needs a command to run: cluster exec -- COMMAND [ARG...]")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.foreign() {
				return execForeign(cmd.Context(), s, o.Nodes, args)
			}
			return execOurs(cmd.Context(), s, o, args)
		},
	}
	cmd.Flags().SetInterspersed(false)
	cmd.Flags().BoolVar(&o.Store, "store", false, "with an S3 store")
	cmd.Flags().IntVar(&o.Nodes, "nodes", 0, "at least that many nodes (default: as many as it has, or 2)")
	return cmd
}

// execForeign runs the command against the cluster that CLUSTER_KUBECONFIG names.
func execForeign(ctx context.Context, s *settings, nodes int, args []string) error {
	if err := s.checkImages(); err != nil {
		return err
	}
	if nodes == 0 {
		nodes = cluster.DefaultNodes
	}
	if n, ok := countNodes(ctx, s.Kubeconfig); ok {
		nodes = n
	}
	return runCommand(ctx, args, []string{
		"KUBECONFIG=" + s.Kubeconfig,
		"CLUSTER_OURS=0",
		"CLUSTER_NODES=" + strconv.Itoa(nodes),
		"CLUSTER_IMAGE=" + s.Image,
		"CLUSTER_EXAMPLE_IMAGE=" + s.ExampleImage,
	})
}

// countNodes counts the nodes of a foreign cluster, if kubectl is installed and permitted.
func countNodes(ctx context.Context, kubeconfig string) (int, bool) {
	out, err := exec.CommandContext(ctx, "kubectl", "--kubeconfig", kubeconfig,
		"--request-timeout=10s", "get", "nodes", "-o", "name").Output()
	n := len(strings.Fields(string(out)))
	return n, err == nil && n > 0
}

// execOurs runs the command with the test cluster. The call that started the
// cluster stops it, as soon as no other exec uses it.
func execOurs(ctx context.Context, s *settings, o cluster.Options, args []string) (err error) {
	var c *cluster.Cluster
	var use *host.Lock
	started := false
	err = s.locked(ctx, func(target *cluster.Cluster) (err error) {
		c, started = target, !target.Running()
		if use, err = host.LockShared(ctx, usersLock(c)); err != nil {
			return err
		}
		requested := o
		if o, err = s.complete(cluster.Options{Store: requested.Store}, c); err != nil {
			return err
		}
		o.Nodes = max(o.Nodes, requested.Nodes)
		err = c.Up(ctx, o)
		if _, unbuilt := errors.AsType[cluster.NotBuiltError](err); unbuilt {
			started = false // nothing was started
		}
		return err
	})
	if use != nil {
		defer func() { err = errors.Join(err, endUse(context.WithoutCancel(ctx), s, c, use, started)) }()
	}
	if err != nil {
		return err
	}
	environment, err := ourEnvironment(c)
	if err != nil {
		return err
	}
	return runCommand(ctx, args, environment)
}

func usersLock(c *cluster.Cluster) string { return filepath.Join(c.Cache, "users") }

func ourEnvironment(c *cluster.Cluster) ([]string, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	environment := []string{
		"CLUSTER_COMMAND=" + program,
		"KUBECTL_BATCH_CLUSTER_DIR=" + c.Cache,
		"KUBECONFIG=" + c.Kubeconfig(),
		"PATH=" + c.KubectlDir() + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"CLUSTER_OURS=1",
		"CLUSTER_NODES=" + strconv.Itoa(c.Nodes()),
		"CLUSTER_IMAGE=" + cluster.BusyboxImage,
		"CLUSTER_EXAMPLE_IMAGE=" + cluster.ExampleImage,
	}
	if !c.HasStore() {
		return environment, nil
	}
	return append(environment,
		"CLUSTER_S3_ENDPOINT="+c.Store().Endpoint,
		"CLUSTER_S3_CA="+c.Store().CA,
		"CLUSTER_S3_DATA="+c.Store().Data,
		"CLUSTER_S3_KEY="+cluster.StoreKey,
		"CLUSTER_S3_SECRET="+cluster.StoreSecret,
		"CLUSTER_S3_GUEST_KEY="+cluster.GuestKey,
		"CLUSTER_S3_GUEST_SECRET="+cluster.GuestSecret,
	), nil
}

// endUse stops the cluster if this call started it.
func endUse(ctx context.Context, s *settings, c *cluster.Cluster, use *host.Lock, started bool) error {
	use.Release()
	if !started {
		return nil
	}
	lastLock, err := host.LockExclusive(ctx, usersLock(c), func() { report("waiting for others that use the cluster") })
	if err != nil {
		return err
	}
	defer lastLock.Release()
	report("taking the cluster down")
	err = s.locked(ctx, func(c *cluster.Cluster) error { return c.Down(ctx, false) })
	if err != nil {
		return fmt.Errorf("taking the cluster down: %w", err)
	}
	return nil
}
