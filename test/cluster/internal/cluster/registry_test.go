package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/process"
)

// startedCluster is a cluster of one process, which is recorded in the registry.
func startedCluster(t *testing.T, r Registry) *Cluster {
	t.Helper()
	c, err := Open(t.TempDir(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	c.Registry = r
	if _, err := c.table.Ensure(process.Spec{Name: "etcd", Args: []string{"sleep", "300"}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.table.Stop(time.Second, "etcd") })
	if err := r.add(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRegistryListsRunningClusters(t *testing.T) {
	r := Registry{Dir: filepath.Join(t.TempDir(), "run")}
	if got := r.Running(false); len(got) != 0 {
		t.Errorf("without a directory: %q", got)
	}
	a, b := startedCluster(t, r), startedCluster(t, r)
	want := []string{a.Cache, b.Cache}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(r.Running(false))); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := r.Running(true); len(got) != 0 {
		t.Errorf("of the oldest version: %q", got)
	}
	r.remove(a)
	if got := r.Running(false); !slices.Equal(got, []string{b.Cache}) {
		t.Errorf("after removal: %q", got)
	}
}

func TestRegistryIgnoresStaleRecords(t *testing.T) {
	for name, crash := range map[string]func(t *testing.T, c *Cluster){
		"process ended": func(t *testing.T, c *Cluster) {
			t.Helper()
			if !c.table.Kill("etcd") {
				t.Fatal("not killed")
			}
		},
		"machine restarted": func(t *testing.T, c *Cluster) {
			t.Helper()
			boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
			if err != nil {
				t.Fatal(err)
			}
			replaceInRecord(t, c, strings.TrimSpace(string(boot)), "another")
		},
		"number of the process given to another": func(t *testing.T, c *Cluster) {
			t.Helper()
			replaceInRecord(t, c, `"start":`, `"start":1`)
		},
		"directory removed": func(t *testing.T, c *Cluster) {
			t.Helper()
			mirror := filepath.Join(t.TempDir(), "kept")
			if err := os.Rename(c.Cache, mirror); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = os.Rename(mirror, c.Cache) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := Registry{Dir: t.TempDir()}
			crash(t, startedCluster(t, r))
			if got := r.Running(false); len(got) != 0 {
				t.Errorf("got %q", got)
			}
		})
	}
}

// replaceInRecord changes what is recorded of the process, until the test ends.
func replaceInRecord(t *testing.T, c *Cluster, old, replacement string) {
	t.Helper()
	path := filepath.Join(c.table.Dir, "etcd.json")
	record, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(record), old, replacement, 1)
	if changed == string(record) {
		t.Fatalf("%s has no %s", record, old)
	}
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.WriteFile(path, record, 0o600) })
}
