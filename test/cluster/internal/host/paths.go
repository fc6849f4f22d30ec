// Package host knows the machine around the cluster: its directories, its
// Debian packages, and who else works on the same cluster right now.
package host

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const rootModule = "module github.com/kubectl-batch/kubectl-batch"

// CacheDir is where binaries and state are kept, outside the source tree.
func CacheDir() (string, error) {
	if dir := os.Getenv("KUBECTL_BATCH_CLUSTER_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "kubectl-batch-cluster"), nil
	}
	return "/var/cache/kubectl-batch-cluster", nil
}

// RepositoryRoot finds the checkout: above the working directory, or else above
// the place that this program was compiled from.
func RepositoryRoot() (string, error) {
	starts := []string{}
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		starts = append(starts, filepath.Dir(file))
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
