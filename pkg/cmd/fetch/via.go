package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/agent"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// cleaning is how long removing objects may take after Ctrl-C or at the end.
const cleaning = time.Minute

// via is the way of one claim's files through a bucket. Its id makes sure that two fetches
// never meet.
type via struct {
	*fetchID
	options *Options
	from    *found
	at      s3.Location
	// resumed says that there may be objects already.
	resumed bool
	// through is the Source, once there was an agent.
	through *s3relay.Source
	// marked says that the claim tells of it.
	marked bool
}

// openStore finds credentials, before anything is made.
func (o *Options) openStore(ctx context.Context) (err error) {
	if o.stored.Bucket == "" && o.engine.To.Bucket == "" && (o.engine.Via.Bucket == "" || o.engine.Plan) {
		return nil
	}
	options := o.engine.Store
	options.Say = o.factory.Say
	if o.store, err = s3.Open(ctx, options); err != nil {
		return err
	}
	for _, endpoint := range o.store.Plain() {
		o.factory.Say(fmt.Sprintf("Warning: %s does not use TLS: others on the network can read the results", endpoint))
	}
	return nil
}

// openVia begins the way of one claim through the bucket; nil where it is not asked for.
func (o *Options) openVia(ctx context.Context, from *found) (*via, error) {
	if o.engine.Via.Bucket == "" || o.store == nil {
		return nil, nil
	}
	id, err := o.newFetchID(o.viaKind(from, o.inUse))
	if err != nil {
		return nil, err
	}
	v := &via{fetchID: id, options: o, from: from, at: o.engine.Via.At(o.namespace, from.name, string(from.claim.UID), id.id)}
	for _, err := range o.store.List(ctx, v.at.Bucket, v.at.Prefix+"/") {
		if err != nil {
			return nil, transfer.Joined(err, v.giveUp())
		}
		v.resumed = true
		break
	}
	mark := claim.Via{Bucket: v.at.Bucket, Prefix: v.at.Prefix, Endpoint: o.store.Endpoint(), Region: o.store.Region(), Since: o.factory.ServerClock().Now()}
	if err := claim.MarkVia(ctx, o.client, from.claim, v.id, &mark); err != nil {
		o.factory.Say(fmt.Sprintf("Note: the transfer through %s could not be recorded on claim %s: %v", v.at, from.claim.Name, err))
	} else {
		v.marked = true
	}
	return v, nil
}

// viaKind is what two fetches through a bucket have in common of which one resumes with the other's objects.
// What was packed while something could write to the results is not used once that is over.
func (o *Options) viaKind(from *found, inUse bool) string {
	kind := []string{string(from.claim.UID), from.name, from.SubPath, o.engine.Via.String(), o.store.Endpoint()}
	if inUse {
		kind = append(kind, "in use")
	}
	return strings.Join(kind, "\n")
}

// source has the files of an agent, or of the one that came after it, go through the bucket.
func (v *via) source(remote *agent.Source, meter *transport.Meter) *s3relay.Source {
	if v.through != nil {
		v.through.UseAgent(remote)
		return v.through
	}
	v.through = s3relay.New(s3relay.Options{
		Agent: remote, Store: v.options.store, At: v.at, Resume: v.resumed, Keep: v.options.engine.KeepObjects,
		Through: meter.Reader, Now: v.options.factory.Clock.Now, Layout: v.from.layout, Wanted: v.options.engine.Filter.Takes,
	})
	return v.through
}

// close removes what is in the bucket, where all has come; else it is for the next fetch.
func (v *via) close(ctx context.Context, failed error) error {
	ctx, cancel := transfer.Outlast(ctx, transfer.Grace, cleaning)
	defer cancel()
	o := v.options
	if failed != nil {
		return v.leave(ctx)
	}
	if o.engine.KeepObjects {
		if count, err := v.count(ctx); err != nil || count > 0 {
			o.factory.Say(fmt.Sprintf("Kept the objects of this transfer at %s", v.at))
		}
		return v.end(ctx)
	}
	if _, err := o.store.Empty(ctx, v.at.Bucket, v.at.Prefix+"/"); err != nil {
		return errors.Join(fmt.Errorf("the files were fetched, but the objects at %s could not be deleted: %w", v.at, err), v.unlock())
	}
	return v.end(ctx)
}

// leave keeps what is packed for the next fetch, and forgets a way on which nothing is.
func (v *via) leave(ctx context.Context) error {
	count, err := v.count(ctx)
	if err == nil && count == 0 {
		if _, err = v.options.store.Empty(ctx, v.at.Bucket, v.at.Prefix+"/"); err == nil {
			return v.end(ctx)
		}
	}
	if err != nil {
		v.options.factory.Say(fmt.Sprintf("Note: packed objects may remain at %s (%v). Run the same command again to resume.", v.at, err))
	} else {
		v.options.factory.Say(fmt.Sprintf("Packed objects remain at %s (%s). Run the same command again to resume.", v.at, howMany(count)))
	}
	return v.unlock()
}

func (v *via) count(ctx context.Context) (count int, err error) {
	for one, err := range v.options.store.List(ctx, v.at.Bucket, v.at.Prefix+"/") {
		if err != nil {
			return 0, err
		}
		if !s3relay.IsIndex(one.Key) {
			count++
		}
	}
	return count, nil
}

func howMany(count int) string {
	if count == 1 {
		return "1 object"
	}
	return humanize.Comma(int64(count)) + " objects"
}

// giveUp leaves all as it was before.
func (v *via) giveUp() error {
	if !v.adopted {
		v.forget()
	}
	return v.unlock()
}

// end forgets the way, here and on the claim.
func (v *via) end(ctx context.Context) error {
	v.forget()
	if !v.marked {
		return nil
	}
	if err := claim.MarkVia(ctx, v.options.client, v.from.claim, v.id, nil); err != nil {
		v.options.factory.Say(fmt.Sprintf("Note: the record of the transfer through %s could not be removed from claim %s: %v", v.at, v.from.claim.Name, err))
	}
	return nil
}

// tidying is a look at what other fetches of a claim left in a bucket, once the result is said.
type tidying struct {
	options *Options
	from    *found
	except  []string
}

// tidyLater has what other fetches of a claim left in a bucket removed in the end.
func (h *helpers) tidyLater(o *Options, from *found) {
	if o.engine.Plan {
		return
	}
	except := []string{o.toMark()}
	if o.via != nil {
		except = append(except, o.via.id)
	}
	if len(from.claim.Annotations) > 0 {
		h.tidyings = append(h.tidyings, tidying{o, from, except})
	}
}

// tidy removes it. The limit that it has is for all claims.
func (h *helpers) tidy(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, purge.Tidying)
	defer cancel()
	for _, one := range h.tidyings {
		one.options.sweepVias(ctx, one.from, one.except)
	}
	h.tidyings = nil
}

// sweepVias removes what other fetches of a claim left in a bucket.
func (o *Options) sweepVias(ctx context.Context, from *found, except []string) {
	purge.Objects{
		Client: o.client, Now: o.factory.ServerClock().Now, Say: o.factory.Say, Dead: o.isDead, Removed: o.bury,
		Through: cmp.Or(o.engine.Via.Bucket, o.engine.To.Bucket),
		Store: func(ctx context.Context) (*s3.Store, error) {
			if o.store != nil {
				return o.store, nil
			}
			return s3.Configure(ctx, o.engine.Store)
		},
		Buckets: func(endpoint string) []string {
			return append(o.factory.OwnBuckets(endpoint), o.engine.Via.Bucket, o.engine.To.Bucket)
		},
	}.Sweep(ctx, from.claim, except...)
}
