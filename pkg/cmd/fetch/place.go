package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/tar"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// place is where the volume is read: in a helper pod, or in the job's own pod
// where no other may mount it or none can be started. It is a transfer.Source
// that finds the way there when it is first asked, and again after each loss, so
// that a helper that was lost is made again.
type place struct {
	options *Options
	from    *found
	session *helper.Session
	meter   *transport.Meter

	mu   sync.Mutex
	way  *openWay
	last way // how files came, once the way was lost or closed
	// reached means that a way has worked.
	reached bool
	// listed means that the Source at its end has answered.
	listed bool
	said   map[string]bool
}

func (o *Options) newPlace(from *found) *place {
	template := from.template()
	spec := helper.Spec{
		Namespace: o.namespace, Claim: from.claim.Name, SubPath: from.SubPath, Parent: from.parent(),
		Image: o.image, JobImage: from.image(), Fallback: !o.imageNamed, CPU: o.cpu, Memory: o.memory,
		Owner: o.me, Job: from.claim.Labels[provenance.JobLabel], Keep: o.engine.KeepHelper,
		Tolerations: template.Tolerations, PullSecrets: template.ImagePullSecrets, Identity: from.identity(),
	}
	if from.job != nil {
		spec.Job = from.job.Name
	}
	// An agent ends when it hears nothing, and of tar it hears nothing: the two
	// do not share a helper.
	if agent, ok := embedded.For("x86_64"); ok && o.engine.Transport != "tar" {
		spec.Agent = agent.SHA256
	}
	spec.Hasty = slices.ContainsFunc(from.pods, func(pod *corev1.Pod) bool { return running(*pod, from.Container) })
	p := &place{
		options: o, from: from, session: helper.NewSession(o.client, o.executor, o.factory.ServerClock(), spec, o.factory.Say),
		meter: transport.NewMeter(o.engine.LimitRate), said: map[string]bool{},
	}
	p.session.Waits(func(w helper.Waiting) { p.options.progress.Waiting(w.String()) })
	return p
}

// parent returns what deletes the helper pod; nil for nothing.
func (f *found) parent() *metav1.OwnerReference {
	if f.deleted {
		return nil
	}
	return helper.ParentOf(f.job)
}

// take gives the place to the next of several jobs on one volume.
func (p *place) take(options *Options, from *found) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.options, p.from = options, from
	p.meter = transport.NewMeter(options.engine.LimitRate)
	p.drop()
}

// close ends the way and removes the helper.
func (p *place) close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil { // what is under way must not hold up the removal
		defer p.drop()
	} else {
		p.drop()
	}
	return p.session.Close(ctx)
}

// drop gives the way up; a new one is found when it is needed.
func (p *place) drop() {
	if p.way != nil {
		p.last = p.way.came(p.meter)
		p.way.close()
		p.way = nil
	}
}

// came says how files came so far.
func (p *place) came() way {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way != nil {
		return p.way.came(p.meter)
	}
	p.last.Wire = p.meter.Received()
	return p.last
}

// doubt has the way looked at anew: a stream over it was lost.
func (p *place) doubt() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}

// List implements transfer.Source.
func (p *place) List(ctx context.Context, paths []string) (transfer.Listing, error) {
	source, err := p.reach(ctx)
	if err != nil {
		return nil, err
	}
	listing, err := source.List(ctx, paths)
	if err == nil {
		p.mu.Lock()
		p.listed = true
		p.mu.Unlock()
	}
	return listing, p.inWords(err)
}

// Open implements transfer.Source.
func (p *place) Open(ctx context.Context, wants []transfer.Want) (transfer.Contents, error) {
	source, err := p.reach(ctx)
	if err != nil {
		return nil, err
	}
	contents, err := source.Open(ctx, wants)
	return contents, p.inWords(err)
}

// Sums implements transfer.Source.
func (p *place) Sums(ctx context.Context, prefixes []transfer.Prefix) ([]transfer.Sum, error) {
	source, err := p.reach(ctx)
	if err != nil {
		return nil, err
	}
	sums, err := source.Sums(ctx, prefixes)
	return sums, p.inWords(err)
}

// inWords makes a refusal final where the one way that was asked for is refused,
// and names the flag that helps.
func (p *place) inWords(err error) error {
	p.mu.Lock()
	listed := p.listed
	p.mu.Unlock()
	if asked := p.options.engine.Transport; asked != auto && !listed && (apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)) {
		if lost, ok := errors.AsType[*transfer.LostError](err); ok {
			return fmt.Errorf("--transport=%s: %w", asked, lost.Cause)
		}
	}
	if missing, ok := errors.AsType[*transfer.MissingPathError](err); ok && p.from.SubPath != "" && slices.Contains(missing.Paths, ".") {
		return fmt.Errorf("claim %q has no file or directory %q, which is the subPath that the job mounts at %s", p.from.claim.Name, p.from.SubPath, p.from.Path)
	}
	_, lacks := errors.AsType[*tar.NoToolsError](err)
	switch {
	case lacks && p.from.pod != nil:
		return fmt.Errorf("pod %q: %w", p.from.pod.Name, err)
	case lacks:
		return fmt.Errorf("%w; use --helper-image to select an image with sh and tar", err)
	}
	return err
}

// reach returns the Source at the end of the way, which one at a time finds.
func (p *place) reach(ctx context.Context) (transfer.Source, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.way != nil {
		return p.way.Source, nil
	}
	found, err := p.find(ctx)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, ctx.Err()
	case p.passing(err):
		return nil, &transfer.LostError{Cause: err}
	case err != nil:
		return nil, err
	}
	p.way, p.reached = found, true
	return found.Source, nil
}

// passing reports whether err may be gone at the next try. An API server that
// has just come back refuses for a moment what it allowed before.
func (p *place) passing(err error) bool {
	_, undelivered := errors.AsType[*helper.UndeliveredError](err)
	_, unreached := errors.AsType[*unreachedError](err)
	refused := apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err)
	return undelivered || unreached || err != nil && watcher.Passing(err) || p.reached && refused
}

// say tells something once.
func (p *place) say(text string) {
	if !p.said[text] {
		p.said[text] = true
		p.options.factory.Say(text)
	}
}
