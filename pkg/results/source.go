package results

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// claimSource is the transfer.Source of a volume in the cluster. It connects at the first request, and again after each
// loss, so that a lost helper pod is replaced. It can serve several jobs on the same claim, one after the other.
type claimSource struct {
	opener *opener

	mu         sync.Mutex
	connection *connection
	last       usage // of the last connection
	// connected means that a connection has worked, listed that its source has answered.
	connected, listed bool
}

func newClaimSource(fetch *jobFetch) *claimSource {
	config := fetch.config
	session := helper.NewSession(config.Client, config.Executor, config.ServerClock, helperSpec(fetch), fetch.messages.say)
	session.SetWaitingReporter(func(w helper.Waiting) { config.Progress.Waiting(w.String()) })
	return &claimSource{opener: &opener{
		config: config, request: fetch.request, location: fetch.location, relay: fetch.relay, messages: fetch.messages,
		session: session, meter: transport.NewMeter(fetch.request.Transfer.LimitRate), printed: map[string]bool{},
	}}
}

func helperSpec(fetch *jobFetch) helper.Spec {
	location, request := fetch.location, fetch.request
	template := location.podSpec()
	spec := helper.Spec{
		Namespace: location.namespace, Claim: location.claim.Name, SubPath: location.SubPath, Parent: location.owner(),
		Image: fetch.image, JobImage: location.image(), Fallback: !request.Helper.Chosen, CPU: request.Helper.CPU, Memory: request.Helper.Memory,
		Owner: fetch.me, Job: location.claim.Labels[provenance.JobLabel], Keep: request.Helper.Keep,
		Tolerations: template.Tolerations, PullSecrets: slices.Concat(template.ImagePullSecrets, request.Helper.PullSecrets), Identity: location.identity(),
		Labels: request.Helper.Labels, Annotations: request.Helper.Annotations, StartLimit: request.Helper.StartLimit,
		ServiceAccount: cmp.Or(request.Helper.ServiceAccount, template.ServiceAccountName), ServiceAccountChosen: request.Helper.ServiceAccount != "",
	}
	if location.job != nil {
		spec.Job, spec.Queue = location.job.Name, location.job.Labels[reason.QueueLabel]
		spec.JobLabels = labels.Merge(location.job.Labels, location.job.Spec.Template.Labels)
	}
	// An idle agent ends, and a transfer with tar does not use it: the two cannot share a helper pod.
	if agent, ok := embedded.For("x86_64"); ok && request.Transfer.Transport != "tar" {
		spec.Agent = agent.SHA256
	}
	spec.Hasty = location.running()
	return spec
}

// bind assigns the source to the next job on the same volume.
func (s *claimSource) bind(fetch *jobFetch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opener.location = fetch.location
	s.opener.relay = fetch.relay
	s.opener.messages = fetch.messages
	s.opener.meter = transport.NewMeter(fetch.request.Transfer.LimitRate)
	s.disconnect()
}

// close ends the connection and deletes the helper pod.
func (s *claimSource) close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ctx.Err() != nil { // requests that still run must not delay the deletion
		defer s.disconnect()
	} else {
		s.disconnect()
	}
	return s.opener.session.Close(ctx)
}

// disconnect ends the connection; the next request opens a new one.
func (s *claimSource) disconnect() {
	if s.connection != nil {
		s.last = s.connection.usage(s.opener.meter)
		s.connection.close()
		s.connection = nil
	}
}

// invalidate drops the connection after a stream over it was lost.
func (s *claimSource) invalidate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnect()
}

// usage returns how files were transferred so far.
func (s *claimSource) usage() usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection != nil {
		return s.connection.usage(s.opener.meter)
	}
	s.last.wire = s.opener.meter.Received()
	return s.last
}

// List implements transfer.Source.
func (s *claimSource) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	source, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	listing, err := source.List(ctx, paths)
	if err == nil {
		s.mu.Lock()
		s.listed = true
		s.mu.Unlock()
	}
	return listing, s.explain(err)
}

// Open implements transfer.Source.
func (s *claimSource) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	source, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	contents, err := source.Open(ctx, wants)
	return contents, s.explain(err)
}

// Sums implements transfer.Source.
func (s *claimSource) Sums(ctx context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	source, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	sums, err := source.Sums(ctx, prefixes)
	return sums, s.explain(err)
}

// Put implements s3mirror.Agent.
func (s *claimSource) Put(ctx context.Context, request wire.PutRequest, each func(wire.PutResult)) error {
	if _, err := s.connect(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	current := s.connection
	s.mu.Unlock()
	if current == nil || current.agent == nil {
		return &transfer.LostError{Cause: errors.New("the connection to the agent was lost")}
	}
	return current.agent.Put(ctx, request, each)
}

// explain makes a refusal final if the only permitted transport is refused, and names the flag that helps.
func (s *claimSource) explain(err error) error {
	s.mu.Lock()
	listed := s.listed
	s.mu.Unlock()
	location := s.opener.location
	if only := s.opener.request.Transfer.Transport; only != Auto && !listed && watcher.Refused(err) {
		if lost, ok := errors.AsType[*transfer.LostError](err); ok {
			return fmt.Errorf("--transport=%s: %w", only, lost.Cause)
		}
	}
	if missing, ok := errors.AsType[*transfer.MissingPathError](err); ok && location.SubPath != "" && slices.Contains(missing.Paths, ".") {
		return fmt.Errorf("claim %q has no file or directory %q, which is the subPath that the job mounts at %s", location.claim.Name, location.SubPath, location.Path)
	}
	_, lacksTools := errors.AsType[*tar.NoToolsError](err)
	switch {
	case lacksTools && location.pod != nil:
		return fmt.Errorf("pod %q: %w", location.pod.Name, err)
	case lacksTools:
		return fmt.Errorf("%w; use --helper-image to select an image with sh and tar", err)
	}
	return err
}

// connect returns the source of the current connection. Only one caller at a time opens a new one.
func (s *claimSource) connect(ctx context.Context) (transfer.Source, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connection != nil {
		return s.connection.Source, nil
	}
	opened, err := s.opener.open(ctx)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, ctx.Err()
	case s.retryable(err):
		return nil, &transfer.LostError{Cause: err}
	case err != nil:
		return nil, err
	}
	s.connection, s.connected = opened, true
	return opened.Source, nil
}

// retryable reports whether the next attempt may succeed. An API server that has just restarted refuses for a moment what
// it allowed before.
func (s *claimSource) retryable(err error) bool {
	_, undelivered := errors.AsType[*helper.UndeliveredError](err)
	_, silent := errors.AsType[*silentAgentError](err)
	return undelivered || silent || err != nil && watcher.Passing(err) || s.connected && watcher.Refused(err)
}
