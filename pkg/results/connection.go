package results

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// connection is an open Source, with what must be closed with it.
type connection struct {
	transfer.Source
	// agent and transports are nil for tar.
	agent      *agent.Source
	transports *transport.Chooser
	// relayed is nil if files do not pass through a bucket. stopKeepAlive then ends the requests that keep the agent
	// from ending while it is idle.
	relayed       *s3relay.Source
	stopKeepAlive context.CancelFunc
}

func (c *connection) close() {
	if c.relayed != nil {
		c.stopKeepAlive()
		_ = c.relayed.Wait() // remaining objects are deleted at the end of the fetch
	}
	if c.transports != nil {
		c.transports.Close()
	}
}

// usage returns how files were transferred over the connection.
func (c *connection) usage(meter *transport.Meter) usage {
	if c.agent == nil {
		return usage{transport: "tar", compression: "none", wire: meter.Received()}
	}
	name := c.transports.Name()
	if c.relayed != nil {
		name = "s3"
	}
	return usage{transport: name, compression: mainCodec(c.agent.Received()), wire: meter.Received()}
}

// usage says how files were transferred.
type usage struct {
	transport, compression string
	// wire is the number of bytes on the network; 0 if it is not known.
	wire int64
}

// mainCodec returns the codec of most of the received bytes.
func mainCodec(received map[string]int64) string {
	return slices.MaxFunc(append(slices.Collect(maps.Keys(received)), "none"), func(a, b string) int {
		return cmp.Compare(received[a], received[b])
	})
}

// silentAgentError says that an agent was installed and does not answer.
type silentAgentError struct{ cause error }

// Error implements error.
func (e *silentAgentError) Error() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *silentAgentError) Unwrap() error { return e.cause }
