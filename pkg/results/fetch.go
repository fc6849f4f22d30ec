// Package results fetches the results of jobs. It locates the claim that holds them, opens it with a helper pod, copies
// the files to a local directory or to a bucket, and marks the results as fetched.
//
// Files are written below the destination only. Each file gets its final name only after it is complete. Its content is
// compared with the source, unless tar transfers it from an image without sha256sum: then Outcome.Verified is false.
// Results are marked as fetched only after a complete, verified fetch of all results, or of a part with Request.Mark,
// during which nothing else could write to them. A fetch that failed can be resumed with the same request. Most errors
// in the request itself are a *RequestError.
package results

import (
	"context"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// Fetch copies the results of the job, of the claim, or from the location in a bucket that request names. The outcome is
// nil if the fetch did not start. If the transfer failed, there are both an outcome and an error. A job or a claim requires
// Request.Namespace.
func Fetch(ctx context.Context, config Config, request Request) (*Outcome, error) {
	s := newSession(config, request)
	if err := s.openStore(ctx); err != nil {
		return nil, err
	}
	if request.Stored.Bucket != "" {
		return s.fetchStored(ctx)
	}
	location, err := newLocator(s.config, s.request, request.Namespace).locate(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.identify(ctx); err != nil {
		return nil, err
	}
	destination := request.destination()
	if destination.dir == "" {
		destination.dir = location.name
	}
	sources := &sourceCache{messages: s.messages}
	fetch := &jobFetch{session: s, location: location, destination: destination, messages: s.messages, started: s.started}
	out, err := fetch.run(ctx, sources)
	sources.close(ctx)
	if out != nil {
		err = transfer.Joined(err, s.finished(out))
	}
	s.deleteLeftovers(ctx, fetch.leftover)
	return out, err
}

// session is one call of Fetch or FetchJobs: a request, and what was opened to perform it.
type session struct {
	config   *Config
	request  *Request
	messages messages
	started  time.Time
	// ids are the ids of fetches through a bucket.
	ids *fetchIDs
	// store is nil if no bucket is used.
	store *s3.Store
	me    provenance.Identity
}

// newSession works with copies of config and request, and sets the defaults of the request.
func newSession(config Config, request Request) *session {
	request.setDefaults()
	return &session{
		config: &config, request: &request, messages: messages{print: config.Say}, started: config.Clock.Now(),
		ids: &fetchIDs{cacheDir: config.CacheDir},
	}
}

// openStore reads the credentials of the bucket before anything is created.
func (s *session) openStore(ctx context.Context) error {
	bucket := s.request.Bucket
	if s.request.Stored.Bucket == "" && bucket.To.Bucket == "" && (bucket.Via.Bucket == "" || s.request.Plan) {
		return nil
	}
	options := bucket.Store
	options.Say = s.messages.say
	var err error
	if s.store, err = s3.Open(ctx, options); err != nil {
		return err
	}
	for _, endpoint := range s.store.Plain() {
		s.messages.sayf("Warning: %s does not use TLS: others on the network can read the results", endpoint)
	}
	return nil
}

// identify reads the name of the user, and deletes helper pods of killed fetches.
func (s *session) identify(ctx context.Context) error {
	var err error
	if s.me, err = provenance.Whoami(ctx, s.config.Client); err != nil {
		return err
	}
	if _, err := helper.Sweep(ctx, s.config.Client, s.request.Namespace, s.config.ServerClock.Now()); err != nil {
		s.messages.say("Note: " + printable.Error(err))
	}
	return nil
}

func (s *session) finished(out *Outcome) error {
	if s.config.Finished == nil {
		return nil
	}
	return s.config.Finished(out)
}

// engineRequest returns the request of the engine for a source.
func (s *session) engineRequest(source transfer.Source, dir string, out *Outcome, transport func() string, sums *manifest) transfer.Request {
	r := s.request
	return transfer.Request{
		Source: timedSource{source, out, s.config.Clock.Now}, Dir: dir, Filter: r.Filter, Force: r.Force, KeepLinks: r.KeepLinks,
		Checksum: r.Checksum, PlanOnly: r.Plan, Parallel: r.Transfer.Parallel, Retries: r.engineRetries(), Receipts: s.config.receipts(),
		Reporter: &reporter{config: s.config, out: out, transport: transport}, Sums: sums.writer(),
	}
}

func (s *session) notes(m messages) notes {
	return notes{messages: m, request: s.request, cacheDir: s.config.CacheDir}
}
