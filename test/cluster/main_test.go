package main

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/test/cluster/internal/cluster"
)

func TestExitStatus(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	command := func(script string) error {
		return errors.Join(errCommand, exec.Command("sh", "-c", script).Run())
	}
	for name, test := range map[string]struct {
		ctx  context.Context
		err  error
		want int
	}{
		"done":               {t.Context(), nil, 0},
		"failed":             {t.Context(), errors.New("x"), 1},
		"usage":              {t.Context(), usageError("x"), 2},
		"no way":             {t.Context(), errNoWay, 2},
		"interrupted":        {cancelled, errors.New("signal: killed"), 130},
		"command failed":     {t.Context(), command("exit 7"), 7},
		"command terminated": {cancelled, command("kill -TERM $$"), 143},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exitStatus(test.ctx, test.err); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestNoWayIsOneSentence(t *testing.T) {
	s := errNoWay.Error()
	for _, way := range []string{"root", "CLUSTER_KUBECONFIG"} {
		if !strings.Contains(s, way) {
			t.Errorf("%q does not name %s", s, way)
		}
	}
	if strings.ContainsAny(s, "\n") || strings.Contains(s, ". ") {
		t.Errorf("%q is more than a sentence", s)
	}
}

func TestForeignClusterNeedsImages(t *testing.T) {
	s := &settings{Kubeconfig: "/k", Image: "busybox"}
	err := execForeign(t.Context(), s, 0, []string{"true"})
	if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "CLUSTER_EXAMPLE_IMAGE") {
		t.Errorf("got %v", err)
	}
}

func TestForeignClusterEnvironment(t *testing.T) {
	for _, name := range []string{"KUBECONFIG", "CLUSTER_OURS", "CLUSTER_NODES", "CLUSTER_IMAGE", "CLUSTER_EXAMPLE_IMAGE"} {
		t.Setenv(name, "")
	}
	s := &settings{Kubeconfig: "/k", Image: "b:1", ExampleImage: "e:1"}
	script := `test "$KUBECONFIG $CLUSTER_OURS $CLUSTER_NODES $CLUSTER_IMAGE $CLUSTER_EXAMPLE_IMAGE" = "/k 0 3 b:1 e:1"`
	if err := execForeign(t.Context(), s, 3, []string{"sh", "-c", script}); err != nil {
		t.Error(err)
	}
}

func TestWanted(t *testing.T) {
	none := &cluster.Cluster{}
	if got := nodeCount(none, 0); got != cluster.DefaultNodes {
		t.Errorf("a new cluster has %d nodes", got)
	}
	if got := nodeCount(none, 5); got != 5 {
		t.Errorf("asked for 5, got %d", got)
	}
}
