package s3relay_test

import (
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3/s3test"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/sourcetest"
)

// TestMover runs the suite through a store in this process, whole files and in pieces.
func TestMover(t *testing.T) {
	agenttest.NeedLinux(t)
	chunks := map[string]int64{"whole": 0, "pieces": 1 << 20}
	if testing.Short() {
		delete(chunks, "whole")
	}
	for name, chunk := range chunks {
		t.Run(name, func(t *testing.T) {
			store, _ := s3test.Start(t, nil)
			sourcetest.Run(t, sourcetest.Mover{Lists: true, Settles: true, Packs: chunk == 0, Open: func(t *testing.T, root string) transfer.Source {
				t.Helper()
				return source(t, root, s3relay.Options{Store: store, Chunk: chunk})
			}})
		})
	}
}

// source brings what is below root through the store.
func source(t *testing.T, root string, o s3relay.Options) *s3relay.Source {
	t.Helper()
	if o.At.Bucket == "" {
		o.At = s3.Location{Bucket: "results", Prefix: "team/" + t.Name()}
	}
	o.Agent = startAgent(t, root)
	if o.Now == nil {
		o.Now = time.Now
	}
	return s3relay.New(o)
}

// startAgent is one that serves root.
func startAgent(t *testing.T, root string) *agent.Source {
	t.Helper()
	remote, err := agent.New(agenttest.Start(t, root, server.Options{Recent: time.Nanosecond}).Tunnel(t), "auto")
	if err != nil {
		t.Fatal(err)
	}
	return remote
}
