package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cluster"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
)

func newCommand(s *settings) *cobra.Command {
	root := &cobra.Command{
		Use:           "cluster",
		Short:         "A real Kubernetes of several nodes on one Linux machine",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError(err.Error()) })
	root.PersistentFlags().BoolVar(&s.Oldest, "oldest", false, "the cluster of the oldest supported Kubernetes, beside the other one")
	root.AddCommand(newUp(s), newDown(s), newStatus(s), newLoadImage(s), newSaveImages(), newKubeconfig(s), newExec(s), newCheck(s), newKill(s))
	return root
}

func newUp(s *settings) *cobra.Command {
	var o cluster.Options
	var buildOnly bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the cluster, or make one that runs whole again",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.foreign() {
				report("CLUSTER_KUBECONFIG is set: the cluster of %s is used and none is started", s.Kubeconfig)
				return nil
			}
			return s.locked(cmd.Context(), func(c *cluster.Cluster) error {
				o, err := s.complete(o, c)
				if err != nil {
					return err
				}
				if buildOnly {
					return c.Build(cmd.Context(), o)
				}
				if err := c.Up(cmd.Context(), o); err != nil {
					return err
				}
				sayHowToUse(c)
				return nil
			})
		},
	}
	o.Build = true
	cmd.Flags().IntVar(&o.Nodes, "nodes", 0, "number of nodes (default: as many as it has, or 2)")
	cmd.Flags().BoolVar(&o.Store, "store", false, "add an S3 store, which the cluster then keeps")
	cmd.Flags().BoolVar(&buildOnly, "build-only", false, "build what the cluster needs, and start nothing")
	return cmd
}

// newCheck checks whether exec can work, before anything is built.
func newCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Say whether there is a way to a cluster here, and start nothing",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			if s.foreign() {
				return s.checkImages()
			}
			_, err := s.open()
			return err
		},
	}
}

// nodeCount returns the requested number of nodes, or else the existing number, or the default.
func nodeCount(c *cluster.Cluster, requested int) int {
	switch {
	case requested != 0:
		return requested
	case c.Exists():
		return c.Nodes()
	}
	return cluster.DefaultNodes
}

// complete adds what the options leave open.
func (s *settings) complete(o cluster.Options, c *cluster.Cluster) (cluster.Options, error) {
	root, err := host.RepositoryRoot()
	o.Root = root
	o.Nodes = nodeCount(c, o.Nodes)
	o.Oldest = s.Oldest
	return o, err
}

func sayHowToUse(c *cluster.Cluster) {
	report("to use it:       export KUBECONFIG=%s PATH=%s:$PATH", c.Kubeconfig(), c.KubectlDir())
	report("to take it down: cluster down [--wipe]")
}

func newDown(s *settings) *cobra.Command {
	var wipe bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Stop the cluster; its objects and volumes stay",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.foreign() {
				report("CLUSTER_KUBECONFIG is set: that cluster is not ours to stop")
				return nil
			}
			return s.locked(cmd.Context(), func(c *cluster.Cluster) error { return c.Down(cmd.Context(), wipe) })
		},
	}
	cmd.Flags().BoolVar(&wipe, "wipe", false, "drop its objects and volumes too; the binaries stay")
	return cmd
}

func newStatus(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show what runs; the exit status is 0 if all of it does",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if s.foreign() {
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "kubeconfig  %s (CLUSTER_KUBECONFIG)\n", s.Kubeconfig)
				return err
			}
			c, err := s.open()
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

func newLoadImage(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "load-image TAR",
		Short: "Import an archive of images into every running node",
		Args:  oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.foreign() {
				return usageError("CLUSTER_KUBECONFIG is set: images get into that cluster by its own ways")
			}
			return s.locked(cmd.Context(), func(c *cluster.Cluster) error { return c.LoadImage(cmd.Context(), args[0]) })
		},
	}
}

// newKill makes a crash, for tests of what lives through one.
func newKill(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "kill PROCESS",
		Short: "Kill a process that status lists, as a crash would; up starts it again",
		Args:  oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.foreign() {
				return usageError("CLUSTER_KUBECONFIG is set: that cluster is not ours to harm")
			}
			return s.locked(cmd.Context(), func(c *cluster.Cluster) error { return c.Kill(args[0]) })
		},
	}
}

func newKubeconfig(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "kubeconfig",
		Short: "Print the path of the administrator's kubeconfig",
		Args:  noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path := s.Kubeconfig
			if !s.foreign() {
				c, err := s.open()
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
