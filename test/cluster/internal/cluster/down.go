package cluster

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Down stops every process of the cluster and removes its network and cgroups.
// It keeps objects and volumes for the next Up, unless wipe is set.
func (c *Cluster) Down(ctx context.Context, wipe bool) error {
	names, err := c.table.Names()
	if err != nil {
		return err
	}
	for _, stage := range stopOrder(names) {
		c.table.Stop(8*time.Second, stage...)
	}
	if err := c.groups.Destroy(""); err != nil {
		return err
	}
	if err := c.removeNetwork(ctx); err != nil {
		return err
	}
	c.Registry.remove(c)
	if !wipe {
		return nil
	}
	if err := os.RemoveAll(c.run()); err != nil {
		return fmt.Errorf("removing the state: %w", err)
	}
	c.state = state{}
	return nil
}

// Kill ends one process at once. Up starts it again.
func (c *Cluster) Kill(name string) error {
	if !slices.Contains(c.processNames(), name) {
		return fmt.Errorf("the cluster has no process %q: it has %s", name, strings.Join(c.processNames(), ", "))
	}
	if !c.table.Kill(name) {
		return fmt.Errorf("%s does not run", name)
	}
	return nil
}

// stopOrder groups processes so that none outlives what it talks to.
func stopOrder(names []string) [][]string {
	stages := make([][]string, 3)
	for _, name := range names {
		stage := 0
		switch {
		case name == "kube-apiserver" || strings.HasPrefix(name, "containerd-"):
			stage = 1
		case name == "etcd" || strings.HasPrefix(name, "sandbox-"):
			stage = 2
		}
		stages[stage] = append(stages[stage], name)
	}
	return slices.DeleteFunc(stages, func(s []string) bool { return len(s) == 0 })
}
