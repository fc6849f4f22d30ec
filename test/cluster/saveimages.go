package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cluster"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
)

func newSaveImages() *cobra.Command {
	return &cobra.Command{
		Use:   "save-images DIR",
		Short: "Write the test images to archives, for another cluster; print the variables that name them",
		Args:  oneArg,
		RunE: func(cmd *cobra.Command, args []string) error {
			root, err := host.RepositoryRoot()
			if err != nil {
				return err
			}
			if err := cluster.SaveTestImages(cmd.Context(), root, args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "export CLUSTER_IMAGE=%s\nexport CLUSTER_EXAMPLE_IMAGE=%s\n", cluster.BusyboxImage, cluster.ExampleImage)
			return err
		},
	}
}
