package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// Registry is a directory in which each running cluster has a file that contains
// the cluster's directory. A file can remain after a crash:
// Running checks the cluster's processes.
type Registry struct{ Dir string }

// SystemRegistry is the registry of this machine, for every user and home.
func SystemRegistry() Registry { return Registry{Dir: "/run/kubectl-batch-cluster"} }

// entry is the content of a file.
type entry struct {
	Dir    string `json:"dir"`    // of the cluster
	Oldest bool   `json:"oldest"` // it runs the oldest supported Kubernetes
}

// Running lists the directories of the clusters that run the newest Kubernetes,
// or of those that run the oldest.
func (r Registry) Running(oldest bool) []string {
	files, _ := filepath.Glob(filepath.Join(r.Dir, "*.json"))
	var dirs []string
	for _, file := range files {
		var e entry
		b, err := os.ReadFile(file)
		if err != nil || json.Unmarshal(b, &e) != nil || e.Oldest != oldest {
			continue
		}
		c, err := Open(e.Dir, func(string, ...any) {})
		if err == nil && c.Running() {
			dirs = append(dirs, e.Dir)
		}
	}
	return dirs
}

func (r Registry) add(c *Cluster) error {
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return err
	}
	b, err := json.Marshal(entry{Dir: c.Cache, Oldest: c.state.Oldest})
	if err != nil {
		return err
	}
	temp := r.path(c) + ".new"
	if err := os.WriteFile(temp, b, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, r.path(c))
}

func (r Registry) remove(c *Cluster) { _ = os.Remove(r.path(c)) }

func (r Registry) path(c *Cluster) string { return filepath.Join(r.Dir, c.id+".json") }
