package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/klog/v2"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/client"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

var errNoAgent = errors.New("this build of kubectl-batch does not contain the agent; build it with make build")

// needsAgent reports whether a --transport is of no use without the agent.
func needsAgent(transport string) bool { return transport == "tunnel" || transport == "exec" }

// openWay is a Source and what it came over.
type openWay struct {
	transfer.Source
	// agent and ways are nil for tar.
	agent *agent.Source
	ways  *transport.Chooser
	// bucket is nil where content does not go through one; awake then ends what keeps the
	// agent there.
	bucket *s3relay.Source
	awake  context.CancelFunc
}

// close ends the connections.
func (w *openWay) close() {
	if w.bucket != nil {
		w.awake()
		_ = w.bucket.Wait() // what stays is removed with the rest in the end
	}
	if w.ways != nil {
		w.ways.Close()
	}
}

// came says how files came over it.
func (w *openWay) came(meter *transport.Meter) way {
	if w.agent == nil {
		return way{Transport: "tar", Compression: "none", Wire: meter.Received()}
	}
	name := w.ways.Name()
	if w.bucket != nil {
		name = "s3"
	}
	return way{Transport: name, Compression: mostly(w.agent.Received()), Wire: meter.Received()}
}

// mostly returns the codec that most of what was received came by.
func mostly(received map[string]int64) string {
	return slices.MaxFunc(append(slices.Collect(maps.Keys(received)), "none"), func(a, b string) int {
		return cmp.Compare(received[a], received[b])
	})
}

// unreachedError says that an agent was put into place and does not answer.
type unreachedError struct{ cause error }

func (e *unreachedError) Error() string { return e.cause.Error() }

func (e *unreachedError) Unwrap() error { return e.cause }

// executor runs programs in containers, counted and limited.
func (p *place) executor() transport.Executor {
	return p.meter.Executor(p.options.executor)
}

// tar reads with nothing but the programs of the container's image. sub is the
// directory or file in root that is read, "" for all of it.
func (p *place) tar(at transport.Container, root, sub string) *openWay {
	trace("copying with tar")
	here := func(context.Context) (transport.Container, error) { return at, nil }
	return &openWay{Source: tar.New(p.executor(), here, root).Below(sub)}
}

// inHelper puts the agent into the helper, or reads with tar where it cannot run.
func (p *place) inHelper(ctx context.Context, at transport.Container) (*openWay, error) {
	asked := p.options.engine.Transport
	if asked == "tar" {
		return p.tar(at, helper.MountPath, p.from.SubPath), nil
	}
	if !embedded.Available() {
		return p.without(at, errNoAgent)
	}
	err := helper.Install(ctx, p.executor(), at, agentFor)
	if cannot, ok := errors.AsType[*helper.CannotRunError](err); ok {
		return p.without(at, cannot)
	}
	if apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("fetch must run a program in helper pod %q: %w", at.Pod, err)
	}
	if err != nil {
		return nil, err
	}
	return p.withAgent(ctx, at)
}

// without reads with tar, unless another way was asked for.
func (p *place) without(at transport.Container, why error) (*openWay, error) {
	if asked := p.options.engine.Transport; asked != auto {
		return nil, fmt.Errorf("--transport=%s requires the agent: %w", asked, why)
	}
	if flag := p.options.throughBucket(); flag != "" {
		return nil, fmt.Errorf("%s requires the agent: %w%s", flag, why, p.options.orDirectly())
	}
	if p.options.engine.Plan {
		return nil, fmt.Errorf("--plan requires the agent: %w", why)
	}
	p.say(fmt.Sprintf("Note: %v; copying with tar, which is slower", why))
	return p.tar(at, helper.MountPath, p.from.SubPath), nil
}

// agentFor returns the agent for a machine.
func agentFor(machine string) (helper.Binary, bool) {
	agent, ok := embedded.For(machine)
	if !ok {
		return helper.Binary{}, false
	}
	return helper.Binary{Size: agent.Size, SHA256: agent.SHA256, Gzip: agent.Compressed(), Open: agent.Open}, true
}

// withAgent connects to the agent.
func (p *place) withAgent(ctx context.Context, at transport.Container) (*openWay, error) {
	o := p.options
	only := o.engine.Transport
	if only == auto {
		only = ""
	}
	ways, err := client.Agent(ctx, at, client.Options{
		Exec: p.executor(), Tunnel: o.factory.Client.Tunnel, Meter: p.meter, Only: only, Trace: trace,
		Join: []string{helper.AgentPath, "join", helper.SocketPath}, Now: o.factory.Clock.Now(),
	})
	if err != nil {
		return nil, &unreachedError{err}
	}
	source, err := agent.New(ways.HTTPClient(), o.engine.Compress)
	if err != nil {
		return nil, err
	}
	if o.via == nil {
		return &openWay{Source: source, agent: source, ways: ways}, nil
	}
	through := o.via.source(source, p.meter)
	alive, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go source.StayAwake(alive)
	return &openWay{Source: through, agent: source, ways: ways, bucket: through, awake: cancel}, nil
}

// trace tells those who asked for -v=1 which way was taken and why.
func trace(text string) { klog.V(1).Info("fetch: " + text) }
