//go:build unix

package cmd

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// Status 0 means that every file is complete; after any other the job does not count as fetched, and no file is torn.
func TestFetchThroughFaults(t *testing.T) {
	tree := filetree.Tree{}
	for i := range 50 {
		tree[fmt.Sprintf("%d/m.json", i)] = filetree.File(strings.Repeat(strconv.Itoa(i), 10))
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			cluster := onThisMachine(fetchable(t, done("train", time.Hour, withResults, mine), tree)).Fail(seed, 0.2)
			dir := filepath.Join(t.TempDir(), "out")
			got := execute(t, cluster, "fetch", "train", "-d", dir)
			for name, node := range filetree.Read(t, dir) {
				if want, ok := tree[name]; ok && node.Kind == "file" && node.Data != want.Data {
					t.Errorf("%s is torn; %+v", name, got)
				}
			}
			if got.Status != 0 {
				if claim.MarkOf(cluster.Claim("train-results")) != nil {
					t.Errorf("marked as fetched; %+v", got)
				}
				return
			}
			if claim.MarkOf(cluster.Claim("train-results")) == nil && !strings.Contains(got.Stderr, "marked as fetched") {
				t.Errorf("status 0, not marked as fetched and not said; %+v", got)
			}
			local := filetree.Read(t, dir)
			for name, want := range tree {
				if local[name].Data != want.Data {
					t.Errorf("%s was not fetched; %+v", name, got)
				}
			}
		})
	}
}
