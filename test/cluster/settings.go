package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cluster"
	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/host"
)

// errUsage marks an error that the user can correct.
var errUsage = errors.New("usage")

// usageError is an error with a message for users; its kind is errUsage.
type usageError string

func (e usageError) Error() string        { return string(e) }
func (e usageError) Is(target error) bool { return target == errUsage }

// statusError ends the program with a status and without a message.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

const errNoWay = usageError("a cluster of our own needs root on Linux: run this as root (sudo), or set CLUSTER_KUBECONFIG to the kubeconfig of a cluster to use instead")

// settings are the settings in the environment.
type settings struct {
	Kubeconfig   string // of a cluster that is not ours
	Image        string
	ExampleImage string
	Oldest       bool // the cluster of the oldest supported Kubernetes is meant
}

func newSettings() settings {
	return settings{
		Kubeconfig:   os.Getenv("CLUSTER_KUBECONFIG"),
		Image:        os.Getenv("CLUSTER_IMAGE"),
		ExampleImage: os.Getenv("CLUSTER_EXAMPLE_IMAGE"),
	}
}

// checkImages checks that the images for a foreign cluster are set: such a cluster must pull them from a registry.
func (s *settings) checkImages() error {
	if s.Image == "" || s.ExampleImage == "" {
		return usageError("with CLUSTER_KUBECONFIG set, CLUSTER_IMAGE and CLUSTER_EXAMPLE_IMAGE must name a busybox and the example image that this cluster can pull")
	}
	return nil
}

func (s *settings) foreign() bool { return s.Kubeconfig != "" }

// open opens the test cluster, if this machine supports it.
func (s *settings) open() (*cluster.Cluster, error) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return nil, errNoWay
	}
	if err := host.ExtendPath(); err != nil {
		return nil, err
	}
	dir, err := s.clusterDir(cluster.SystemRegistry())
	if err != nil {
		return nil, err
	}
	return cluster.Open(dir, report)
}

// clusterDir is the directory of our own cluster.
func (s *settings) clusterDir(running cluster.Registry) (string, error) {
	fallback := host.DefaultDir
	if s.Oldest {
		fallback = host.OldestDir
	}
	return host.ClusterDir(fallback, running.Running(s.Oldest))
}

// locked runs do while no other call changes the cluster.
func (s *settings) locked(ctx context.Context, do func(*cluster.Cluster) error) error {
	c, err := s.open()
	if err != nil {
		return err
	}
	lock, err := host.LockExclusive(ctx, filepath.Join(c.Cache, "lock"), func() { report("waiting for another call to finish") })
	if err != nil {
		return err
	}
	defer lock.Release()
	if c, err = s.open(); err != nil { // as it is now
		return err
	}
	return do(c)
}

// report talks to whoever waits; answers go to stdout.
func report(format string, args ...any) { fmt.Fprintf(os.Stderr, "cluster: "+format+"\n", args...) }
