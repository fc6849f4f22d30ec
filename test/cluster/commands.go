package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cluster"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
)

func newCommand(s settings) *cobra.Command {
	root := &cobra.Command{
		Use:           "cluster",
		Short:         "A real Kubernetes of several nodes on one Linux machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err.Error()) })
	root.AddCommand(newUp(s), newDown(s), newStatus(s), newLoadImage(s), newKubeconfig(s), newExec(s), newCheck(s), newKill(s))
	return root
}

func newUp(s settings) *cobra.Command {
	var nodes int
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the cluster, or make one that runs whole again",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.foreign() {
				say("CLUSTER_KUBECONFIG is set: the cluster of %s is used and none is started", s.Kubeconfig)
				return nil
			}
			return locked(cmd.Context(), func(c *cluster.Cluster) error {
				if err := up(cmd.Context(), c, wanted(c, nodes)); err != nil {
					return err
				}
				sayHowToUse(c)
				return nil
			})
		},
	}
	cmd.Flags().IntVar(&nodes, "nodes", 0, "number of nodes (default: as many as it has, or 2)")
	return cmd
}

// newCheck tells at once whether exec could work here, before anything is built.
func newCheck(s settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Say whether there is a way to a cluster here, and start nothing",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.foreign() {
				return s.checkImages()
			}
			_, err := open()
			return err
		},
	}
}

// wanted is the number of nodes asked for, or else what is there, or the default.
func wanted(c *cluster.Cluster, asked int) int {
	switch {
	case asked != 0:
		return asked
	case c.Exists():
		return c.Nodes()
	}
	return cluster.DefaultNodes
}

func up(ctx context.Context, c *cluster.Cluster, nodes int) error {
	root, err := host.RepositoryRoot()
	if err != nil {
		return err
	}
	return c.Up(ctx, root, nodes)
}

func sayHowToUse(c *cluster.Cluster) {
	say("to use it:       export KUBECONFIG=%s PATH=%s:$PATH", c.Kubeconfig(), c.KubectlDir())
	say("to take it down: cluster down [--wipe]")
}

func newDown(s settings) *cobra.Command {
	var wipe bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the cluster; its objects and volumes stay",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.foreign() {
				say("CLUSTER_KUBECONFIG is set: that cluster is not ours to stop")
				return nil
			}
			return locked(cmd.Context(), func(c *cluster.Cluster) error { return c.Down(cmd.Context(), wipe) })
		},
	}
	cmd.Flags().BoolVar(&wipe, "wipe", false, "drop its objects and volumes too; the binaries stay")
	return cmd
}

func newStatus(s settings) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what runs; the exit status is 0 if all of it does",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.foreign() {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "kubeconfig  %s (CLUSTER_KUBECONFIG)\n", s.Kubeconfig)
				return err
			}
			c, err := open()
			if err != nil {
				return err
			}
			healthy, err := c.Status(cmd.Context(), cmd.OutOrStdout())
			if err == nil && !healthy {
				return statusError(exitFailed)
			}
			return err
		},
	}
}

func newLoadImage(s settings) *cobra.Command {
	return &cobra.Command{
		Use:   "load-image TAR",
		Short: "Import an archive of images into every running node",
		Args:  oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.foreign() {
				return usageError("CLUSTER_KUBECONFIG is set: images get into that cluster by its own ways")
			}
			return locked(cmd.Context(), func(c *cluster.Cluster) error { return c.LoadImage(cmd.Context(), args[0]) })
		},
	}
}

// newKill makes a crash, for tests of what lives through one.
func newKill(s settings) *cobra.Command {
	return &cobra.Command{
		Use:   "kill PROCESS",
		Short: "Kill a process that status lists, as a crash would; up starts it again",
		Args:  oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.foreign() {
				return usageError("CLUSTER_KUBECONFIG is set: that cluster is not ours to harm")
			}
			return locked(cmd.Context(), func(c *cluster.Cluster) error { return c.Kill(args[0]) })
		},
	}
}

func newKubeconfig(s settings) *cobra.Command {
	return &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of the administrator's kubeconfig",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := s.Kubeconfig
			if !s.foreign() {
				c, err := open()
				if err != nil {
					return err
				}
				path = c.Kubeconfig()
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), path)
			return err
		},
	}
}

func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Sprintf("%s takes no arguments, and got %q", cmd.CommandPath(), args))
	}
	return nil
}

func oneArg(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError(fmt.Sprintf("%s takes one argument: %s", cmd.CommandPath(), cmd.Use))
	}
	return nil
}
