package agentsource_test

import (
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/movertest"
)

// TestMover runs the suite over a tunnel, with each codec.
func TestMover(t *testing.T) {
	agenttest.NeedLinux(t)
	for _, codec := range []string{"auto", "zstd", "s2", "none"} {
		t.Run(codec, func(t *testing.T) {
			movertest.Run(t, movertest.Mover{Lists: true, Open: func(t *testing.T, root string) transfer.Source {
				t.Helper()
				return source(t, agenttest.Start(t, root, server.Options{}).Tunnel(t), codec)
			}})
		})
	}
}
