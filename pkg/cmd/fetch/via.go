package fetch

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/gofrs/flock"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/cleanup"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/agentsource"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/bucketsource"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// cleaning is how long removing objects may take after Ctrl-C or at the end.
const cleaning = time.Minute

// via is the way of one claim's files through a bucket. Its id makes sure that two fetches
// never meet; a file of that name, which a living process has locked, tells who is at work.
type via struct {
	options *Options
	from    *found
	id      string
	at      bucket.Location
	lock    *flock.Flock
	// adopted says that the id was another process's.
	adopted bool
	// resumed says that there may be objects already.
	resumed bool
}

// openStore finds credentials, before anything is made.
func (o *Options) openStore(ctx context.Context) (err error) {
	if o.stored.Bucket == "" && (o.engine.Via.Bucket == "" || o.engine.Plan) {
		return nil
	}
	if o.store, err = bucket.Open(ctx, o.engine.Store); err != nil {
		return err
	}
	for _, endpoint := range o.store.Plain() {
		o.factory.Say(fmt.Sprintf("Warning: %s is not protected by TLS: whoever is on the way can read the results", endpoint))
	}
	return nil
}

// openVia begins the way of one claim through the bucket; nil where it is not asked for.
func (o *Options) openVia(ctx context.Context, from *found) (*via, error) {
	if o.store == nil {
		return nil, nil
	}
	v := &via{options: o, from: from}
	if err := v.claimID(); err != nil {
		return nil, err
	}
	for _, err := range o.store.List(ctx, v.at.Bucket, v.at.Prefix+"/") {
		if err != nil {
			return nil, joined(err, v.giveUp())
		}
		v.resumed = true
		break
	}
	mark := volume.Via{Bucket: v.at.Bucket, Prefix: v.at.Prefix, Endpoint: o.store.Endpoint(), Region: o.store.Region(), Since: o.factory.Clock.Now()}
	if err := volume.MarkVia(ctx, o.client, from.claim, v.id, &mark); err != nil {
		o.factory.Say(fmt.Sprintf("Note: that a fetch passes through %s could not be recorded: %v", v.at, err))
	}
	return v, nil
}

// claimID takes the id of a process that has died over, or a new one.
func (v *via) claimID() error {
	o := v.options
	folder := filepath.Join(o.factory.CacheDir, "via")
	kind := strings.Join([]string{string(v.from.claim.UID), v.from.SubPath, o.engine.Via.String(), o.store.Endpoint()}, "\n")
	if o.factory.CacheDir != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("remembering the way through the bucket: %w", err)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			return fmt.Errorf("remembering the way through the bucket: %w", err)
		}
		for _, entry := range entries {
			path := filepath.Join(folder, entry.Name())
			if text, err := os.ReadFile(path); err != nil || string(text) != kind || !v.take(path) {
				continue
			}
			v.set(entry.Name())
			v.adopted = true
			return nil
		}
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return err
	}
	v.set(hex.EncodeToString(id))
	path := filepath.Join(folder, v.id)
	if o.factory.CacheDir == "" {
		return nil
	}
	if err := os.WriteFile(path, []byte(kind), 0o600); err != nil {
		return fmt.Errorf("remembering the way through the bucket: %w", err)
	}
	v.take(path)
	return nil
}

// take locks the file of an id. A process that has ended has left its lock.
func (v *via) take(path string) bool {
	lock := flock.New(path)
	if locked, err := lock.TryLock(); err != nil || !locked {
		return false
	}
	v.lock = lock
	return true
}

func (v *via) set(id string) {
	v.id = id
	v.at = v.options.engine.Via.At(v.options.namespace, v.from.name, string(v.from.claim.UID), id)
}

// source has the agent's files go through the bucket.
func (v *via) source(agent *agentsource.Source, meter *transport.Meter) *bucketsource.Source {
	resume := v.resumed
	v.resumed = true // whoever comes next finds what this one left
	return bucketsource.New(bucketsource.Options{
		Agent: agent, Store: v.options.store, At: v.at, Resume: resume, Keep: v.options.engine.KeepObjects,
		Through: meter.Reader, Now: v.options.factory.Clock.Now,
	})
}

// close removes what is in the bucket, where all has come; else it is for the next fetch.
func (v *via) close(ctx context.Context, failed error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
	defer cancel()
	o := v.options
	if failed != nil {
		if left := v.count(ctx); left > 0 {
			o.factory.Say(fmt.Sprintf("What is packed already stays at %s (%s): the same line goes on with it", v.at, objects(left)))
			return v.unlock()
		}
		_, err := o.store.Empty(ctx, v.at.Bucket, v.at.Prefix+"/")
		return joined(err, v.end(ctx))
	}
	if o.engine.KeepObjects {
		o.factory.Say(fmt.Sprintf("What passed through the bucket stays at %s", v.at))
		return v.end(ctx)
	}
	if _, err := o.store.Empty(ctx, v.at.Bucket, v.at.Prefix+"/"); err != nil {
		return errors.Join(fmt.Errorf("the files are here, but what passed through the bucket stays at %s: %w", v.at, err), v.unlock())
	}
	return v.end(ctx)
}

func (v *via) count(ctx context.Context) (count int) {
	for one, err := range v.options.store.List(ctx, v.at.Bucket, v.at.Prefix+"/") {
		switch {
		case err != nil:
			return 0
		case !bucketsource.IsIndex(one.Key):
			count++
		}
	}
	return count
}

func objects(count int) string {
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
	return volume.MarkVia(ctx, v.options.client, v.from.claim, v.id, nil)
}

func (v *via) forget() {
	if v.lock != nil {
		_ = os.Remove(v.lock.Path())
	}
	_ = v.unlock()
}

// sweepVias removes what other fetches of a claim left in a bucket.
func (o *Options) sweepVias(ctx context.Context, from *found) {
	except := ""
	if o.via != nil {
		except = o.via.id
	}
	cleanup.Objects{
		Client: o.client, Now: o.factory.Clock.Now, Say: o.factory.Say,
		Dead: func(id string) bool { return deadHere(o.factory.CacheDir, id) },
		Open: func(ctx context.Context, at volume.Via) (*bucket.Store, error) {
			if o.store != nil && o.store.Endpoint() == at.Endpoint {
				return o.store, nil
			}
			return bucket.Open(ctx, bucket.Options{Endpoint: at.Endpoint, Region: at.Region})
		},
	}.Sweep(ctx, from.claim, except)
}

// deadHere reports whether the fetch of that id ran on this machine and runs no more, and
// forgets it then.
func deadHere(cache, id string) bool {
	path := filepath.Join(cache, "via", filepath.Base(id))
	if _, err := os.Stat(path); err != nil || cache == "" {
		return false
	}
	v := &via{}
	if !v.take(path) {
		return false
	}
	v.forget()
	return true
}

func (v *via) unlock() error {
	if v.lock == nil {
		return nil
	}
	return v.lock.Close()
}
