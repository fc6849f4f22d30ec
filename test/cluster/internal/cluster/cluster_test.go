package cluster

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/process"
)

func TestStopOrder(t *testing.T) {
	names := []string{"etcd", "sandbox-node1", "kubelet-node1", "kube-apiserver", "containerd-node1", "kube-scheduler"}
	var got []string
	for _, stage := range stopOrder(names) {
		slices.Sort(stage)
		got = append(got, strings.Join(stage, " "))
	}
	want := []string{"kube-scheduler kubelet-node1", "containerd-node1 kube-apiserver", "etcd sandbox-node1"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := stopOrder(nil); len(got) != 0 {
		t.Errorf("nothing to stop gave %q", got)
	}
}

func TestRestrictive(t *testing.T) {
	for rules, want := range map[string]bool{
		"-P FORWARD ACCEPT\n": false,
		"-P FORWARD DROP\n":   true,
		"-P FORWARD ACCEPT\n-A FORWARD -j REJECT --reject-with x": true,
	} {
		if got := restrictive(rules, "FORWARD"); got != want {
			t.Errorf("restrictive(%q) = %v", rules, got)
		}
	}
}

func TestReadySince(t *testing.T) {
	const object = `{"status":{"conditions":[
		{"type":"MemoryPressure","status":"False"},
		{"type":"Ready","status":"True","lastHeartbeatTime":"2026-01-02T03:04:05Z"}]}}`
	var o nodeObject
	if err := json.Unmarshal([]byte(object), &o); err != nil {
		t.Fatal(err)
	}
	beat := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if !o.readySince(beat) || !o.readySince(time.Time{}) {
		t.Error("a fresh report does not count")
	}
	if o.readySince(beat.Add(time.Second)) {
		t.Error("the report of an earlier life counts")
	}
	if (nodeObject{}).readySince(time.Time{}) {
		t.Error("no report counts")
	}
}

// The API server was killed while the cluster runs: clients find it where it was.
func TestPortsOfARunningClusterStay(t *testing.T) {
	dir := t.TempDir()
	c := &Cluster{Cache: dir, id: "00002b", table: process.Table{Dir: filepath.Join(dir, "processes"), Logs: filepath.Join(dir, "log")}}
	if err := c.pickPorts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.table.Ensure(process.Spec{Name: "etcd", Args: []string{"sleep", "1000"}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.table.Stop(time.Second, "etcd") })
	want := c.state
	taken, err := net.Listen("tcp", ":"+strconv.Itoa(want.APIPort))
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(300*time.Millisecond, func() { _ = taken.Close() })
	if err := c.pickPorts(t.Context()); err != nil || c.state != want {
		t.Errorf("got %+v, %v; want %+v", c.state, err, want)
	}
}

// Every value that a template asks for must be given to it.
func TestRender(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	data := map[string]string{"Server": "https://s", "User": "u", "CA": "/ca", "Cert": "/c", "Key": "/k"}
	if err := render("kubeconfig.yaml", path, data); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), `server: "https://s"`) {
		t.Errorf("got %s, %v", b, err)
	}
	delete(data, "Server")
	if err := render("kubeconfig.yaml", path, data); err == nil {
		t.Error("a missing value went unnoticed")
	}
}

func TestStateSurvives(t *testing.T) {
	c := &Cluster{Cache: t.TempDir(), id: "00002a"}
	if err := c.makeDirs("."); err != nil {
		t.Fatal(err)
	}
	if err := c.pickPorts(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.state.Nodes = 3
	if err := c.saveState(); err != nil {
		t.Fatal(err)
	}
	reopened := &Cluster{Cache: c.Cache, id: c.id}
	if err := reopened.loadState(); err != nil || reopened.state != c.state {
		t.Errorf("got %+v, %v; want %+v", reopened.state, err, c.state)
	}
	if err := reopened.pickPorts(t.Context()); err != nil || reopened.state != c.state {
		t.Errorf("free ports were not kept: %+v, %v", reopened.state, err)
	}
}
