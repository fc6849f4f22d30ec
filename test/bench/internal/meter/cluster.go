// Package meter measures the resources of a command: time, CPU and memory, its
// own and those of the cluster, if it runs on this machine.
package meter

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// A Cluster is the processes of a cluster of ours.
type Cluster struct {
	apiServer int
	nodes     []node

	lock    sync.Mutex
	runtime map[int]float64 // what each process of the container runtime has used, dead ones too
}

// node is one node: its daemons are in one cgroup, its pods in another.
type node struct {
	kubelet int
	pause   int    // holds the node's namespaces and does nothing
	daemons string // the cgroup in which they are tracked
	pods    string // the cgroup that counts the pods' processor time
}

const cgroups = "/sys/fs/cgroup"

// Find finds the processes of the test cluster that this kubeconfig belongs to.
func Find(kubeconfig string) (*Cluster, error) {
	records := filepath.Join(filepath.Dir(kubeconfig), "processes")
	apiServer, err := readPID(filepath.Join(records, "kube-apiserver.json"))
	if err != nil {
		return nil, fmt.Errorf("the numbers need a cluster of ours (make cluster-up): %w", err)
	}
	c := &Cluster{apiServer: apiServer, runtime: map[int]float64{}}
	kubelets, err := filepath.Glob(filepath.Join(records, "kubelet-*.json"))
	if err != nil || len(kubelets) == 0 {
		return nil, fmt.Errorf("no kubelet in %s: %w", records, err)
	}
	for _, record := range kubelets {
		n, err := findNode(records, record)
		if err != nil {
			return nil, err
		}
		c.nodes = append(c.nodes, n)
	}
	return c, nil
}

func findNode(records, kubelet string) (n node, err error) {
	if n.kubelet, err = readPID(kubelet); err != nil {
		return n, err
	}
	name := strings.TrimPrefix(filepath.Base(kubelet), "kubelet-")
	if n.pause, err = readPID(filepath.Join(records, "sandbox-"+name)); err != nil {
		return n, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", n.kubelet))
	if err != nil {
		return n, err
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		fields := strings.SplitN(line, ":", 3)
		if len(fields) == 3 && strings.HasSuffix(fields[2], "/daemons") {
			n.daemons = filepath.Join(cgroups, fields[1], fields[2])
			n.pods = filepath.Join(cgroups, accounting(fields[1]), filepath.Dir(fields[2]), "pods")
			return n, nil
		}
	}
	return n, errors.New("the kubelet is in no cgroup of its node")
}

// accounting names the hierarchy that counts processor time.
func accounting(tracking string) string {
	if tracking == "" {
		return "" // version 2 has only one
	}
	return "cpuacct"
}

func readPID(record string) (int, error) {
	text, err := os.ReadFile(record)
	if err != nil {
		return 0, err
	}
	var process struct {
		PID int `json:"pid"`
	}
	if err := json.Unmarshal(text, &process); err != nil {
		return 0, fmt.Errorf("%s: %w", record, err)
	}
	_, err = processSeconds(process.PID)
	return process.PID, err
}
