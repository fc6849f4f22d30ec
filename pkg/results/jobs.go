package results

import (
	"context"
	"errors"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// FetchJobs copies the results of the jobs that choose returns, one after the other, each to its own directory below that
// of request. A failure of one is printed, and the others are still fetched. There is an outcome for each job that was
// tried, even if there is an error. Nil outcomes mean that nothing was started. An empty slice without an error means that
// choose returned no job. choose receives the user who fetches. Request.Selecting is required, and an empty
// Request.Namespace means all namespaces.
func FetchJobs(ctx context.Context, config Config, request Request, choose func(context.Context, provenance.Identity) ([]*batchv1.Job, error)) ([]*Outcome, error) {
	s := newSession(config, request)
	if err := s.openStore(ctx); err != nil {
		return nil, err
	}
	if err := s.identify(ctx); err != nil {
		return nil, err
	}
	jobs, err := choose(ctx, s.me)
	if err != nil {
		return nil, err
	}
	b := &batch{session: s, outcomes: []*Outcome{}}
	for _, group := range groupByNamespace(jobs) {
		if err = b.fetchNamespace(ctx, group); err != nil {
			break
		}
	}
	switch {
	case ctx.Err() != nil:
		return b.outcomes, ctx.Err()
	case err != nil:
		return b.outcomes, err
	case len(b.failures) > 0:
		return b.outcomes, &JobsError{Failures: b.failures, Jobs: len(jobs)}
	}
	return b.outcomes, nil
}

// Unfetched returns the finished jobs whose results still exist and are not marked as fetched by me. An empty namespace
// means all namespaces.
func Unfetched(ctx context.Context, client clients.Interface, namespace string, me provenance.Identity, jobs []*batchv1.Job) ([]*batchv1.Job, error) {
	list, err := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing claims: %w", err)
	}
	claims := map[string]*corev1.PersistentVolumeClaim{}
	for i := range list.Items {
		if pvc := &list.Items[i]; !claim.RecordOfClaim(pvc).Done(viewer(me)) {
			claims[pvc.Namespace+"/"+pvc.Name] = pvc
		}
	}
	var unfetched []*batchv1.Job
	for _, candidate := range jobs {
		pvc := claims[candidate.Namespace+"/"+candidate.Annotations[provenance.ResultsAnnotation]]
		if job.End(candidate) != nil && pvc != nil && !claim.RecordOfJob(candidate).Done(viewer(me)) && otherUse(pvc, candidate) == "" {
			unfetched = append(unfetched, candidate)
		}
	}
	return unfetched, nil
}

// groupByNamespace divides jobs by namespace, in the order of the first job of each.
func groupByNamespace(jobs []*batchv1.Job) [][]*batchv1.Job {
	var groups [][]*batchv1.Job
	index := map[string]int{}
	for _, each := range jobs {
		i, ok := index[each.Namespace]
		if !ok {
			i = len(groups)
			index[each.Namespace] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], each)
	}
	return groups
}

// JobsError reports the jobs whose results were not fetched. The jobs themselves may
// have succeeded: only fetching failed.
type JobsError struct {
	// Failures are the names of the jobs, each with the reason.
	Failures []string
	// Jobs is the number of all jobs.
	Jobs int
}

// Error names the first of the jobs.
func (e *JobsError) Error() string {
	const most = 3
	named := e.Failures
	if more := len(named) - most; more > 0 {
		named = append(named[:most:most], fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("could not fetch %d of %s: %s", len(e.Failures), plural.Count(e.Jobs, "job"), strings.Join(named, "; "))
}

// batch fetches several jobs.
type batch struct {
	*session
	outcomes []*Outcome
	// failures are the jobs that were not fetched, with the reason.
	failures []string
}

// fetchNamespace fetches the results of the jobs of one namespace. Jobs that share a claim follow each other, so that one
// helper pod serves them. Its error ends FetchJobs.
func (b *batch) fetchNamespace(ctx context.Context, jobs []*batchv1.Job) error {
	destination := b.request.destination()
	if b.request.severalNamespaces() {
		destination = destination.below(jobs[0].Namespace)
	}
	sources := &sourceCache{messages: b.messages}
	var leftover []leftovers
	defer func() { b.deleteLeftovers(ctx, leftover) }()
	defer sources.close(ctx)
	for _, location := range b.locateJobs(ctx, jobs, destination) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fetch := b.newJobFetch(location, destination.below(location.name))
		err := b.fetchJob(ctx, fetch, sources)
		leftover = append(leftover, fetch.leftover...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) newJobFetch(location *resultsLocation, destination destination) *jobFetch {
	label := b.request.named(location.namespace, location.name)
	fetch := &jobFetch{session: b.session, location: location, destination: destination, messages: b.messages, label: label, started: b.config.Clock.Now()}
	if b.request.severalNamespaces() {
		fetch.messages = b.messages.scoped(label)
	}
	return fetch
}

// locateJobs locates the results of all jobs of a namespace, ordered by claim. Failures are recorded.
func (b *batch) locateJobs(ctx context.Context, jobs []*batchv1.Job, destination destination) []*resultsLocation {
	locator := newLocator(b.config, b.request, jobs[0].Namespace)
	var order []string
	byClaim := map[string][]*resultsLocation{}
	for _, each := range jobs {
		location, err := locator.locateJob(ctx, each)
		if err != nil {
			b.fail(each.Namespace, each.Name, failedOutcome(each.Namespace, each.Name, destination.below(each.Name).dir, err), err)
			continue
		}
		name := location.claim.Name
		if _, ok := byClaim[name]; !ok {
			order = append(order, name)
		}
		byClaim[name] = append(byClaim[name], location)
		if b.store != nil { // packed objects of this job are kept until its turn
			b.ids.reserved = append(b.ids.reserved, relayKind(b.request, b.store, location, false), relayKind(b.request, b.store, location, true))
		}
	}
	var ordered []*resultsLocation
	for _, name := range order {
		ordered = append(ordered, byClaim[name]...)
	}
	return ordered
}

// fetchJob fetches the results of one job. A failure of the fetch is recorded; the error is that of Config.Finished, which
// ends FetchJobs.
func (b *batch) fetchJob(ctx context.Context, fetch *jobFetch, sources *sourceCache) error {
	location := fetch.location
	out, err := fetch.run(ctx, sources)
	if out == nil && err != nil {
		out = failedOutcome(location.namespace, location.name, fetch.destination.dir, err)
	}
	finished := b.finished(out)
	if err != nil {
		b.fail(location.namespace, location.name, out, err)
	} else {
		b.outcomes = append(b.outcomes, out)
	}
	return finished
}

// fail records and prints the failure of one job. An interrupted fetch is not printed as a failure.
func (b *batch) fail(namespace, name string, out *Outcome, err error) {
	reason := strings.TrimPrefix(printable.Error(err), fmt.Sprintf("job %q: ", name))
	shown := b.request.named(namespace, name)
	b.outcomes = append(b.outcomes, out)
	b.failures = append(b.failures, shown+": "+reason)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return
	}
	b.messages.sayf("error: %s: %s", shown, reason)
}

// sourceCache keeps the source of the last job open for the next job on the same volume.
type sourceCache struct {
	messages messages
	key      string
	source   *claimSource
}

// get returns the source for a job.
func (c *sourceCache) get(ctx context.Context, fetch *jobFetch) *claimSource {
	location := fetch.location
	key := strings.Join([]string{location.claim.Name, location.SubPath, location.identity().Text(), fetch.image}, "\x00")
	if c.source != nil && c.key == key {
		c.source.bind(fetch)
		return c.source
	}
	c.close(ctx)
	c.key, c.source = key, newClaimSource(fetch)
	return c.source
}

// close deletes the helper pod.
func (c *sourceCache) close(ctx context.Context) {
	if c.source == nil {
		return
	}
	if err := c.source.close(ctx); err != nil {
		c.messages.say("Note: " + printable.Error(err))
	}
	c.source = nil
}
