package cluster

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestLongBuildNeedsPermission(t *testing.T) {
	c := &Cluster{Cache: t.TempDir(), Say: t.Logf}
	err := c.ensureBinaries(t.Context(), "../../../..", false)
	unbuilt, ok := errors.AsType[NotBuiltError](err)
	if !ok || !strings.Contains(unbuilt.Names, "kubernetes") || strings.Contains(unbuilt.Names, "s3") {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"make cluster-up", c.Cache, " minutes"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
	if files, err := os.ReadDir(c.Cache); err != nil || len(files) != 0 {
		t.Errorf("left %v, %v", files, err)
	}
}

func TestStoreIsBuiltWhereItIsNeeded(t *testing.T) {
	c := &Cluster{Cache: t.TempDir(), Say: t.Logf}
	c.state.Store = true
	unbuilt, ok := errors.AsType[NotBuiltError](c.ensureBinaries(t.Context(), "../../../..", false))
	if !ok || !strings.Contains(unbuilt.Names, "s3") {
		t.Errorf("got %v", unbuilt)
	}
}
