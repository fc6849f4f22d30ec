// Package host provides access to the machine: its directories, its
// Debian packages, and locks between users of the same cluster.
package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const rootModule = "module github.com/kubectl-batch/kubectl-batch"

// DefaultDir is the directory for binaries and state. It does not depend on
// the user's home: only root can start a cluster, and another home must not cause
// another build.
const DefaultDir = "/var/cache/kubectl-batch-cluster"

// OldestDir is the default of clusters of the oldest supported Kubernetes.
const OldestDir = DefaultDir + "-oldest"

// ClusterDir chooses the directory of the cluster that a command is about: the
// one of KUBECTL_BATCH_CLUSTER_DIR, or that of the cluster that runs, or
// fallback. running lists the directories of all clusters of the kind that run.
func ClusterDir(fallback string, running []string) (string, error) {
	if dir := os.Getenv("KUBECTL_BATCH_CLUSTER_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if len(running) == 0 || slices.Contains(running, fallback) {
		return fallback, nil
	}
	if len(running) > 1 {
		return "", fmt.Errorf("several clusters run; set KUBECTL_BATCH_CLUSTER_DIR to the directory of one: %s", strings.Join(running, ", "))
	}
	return running[0], nil
}

// RepositoryRoot finds the checkout: above the working directory, or else above
// this program.
func RepositoryRoot() (string, error) {
	starts := []string{}
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if program, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(program))
	}
	for _, start := range starts {
		if root, ok := rootAbove(start); ok {
			return root, nil
		}
	}
	return "", errors.New("no kubectl-batch checkout here: run this from inside one")
}

func rootAbove(dir string) (string, bool) {
	for ; ; dir = filepath.Dir(dir) {
		b, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		line, _, _ := strings.Cut(string(b), "\n")
		if err == nil && strings.TrimSpace(line) == rootModule {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}
