package purge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
)

const (
	// abandoned is the age after which an unknown fetch through a bucket counts as
	// dead: it exceeds the lifetime of helper pods.
	abandoned = 7 * 24 * time.Hour
	// Tidying is how long all of it may take: it is done after the work, and the store may be away.
	Tidying = 5 * time.Second
)

// Objects deletes the objects that interrupted fetches left in buckets. Annotations of claims name the
// buckets. Because everyone who can patch a claim can write them, only this user's own store
// and buckets are used, and only objects that provably belong to the claim are deleted.
type Objects struct {
	Client clients.Interface
	Now    func() time.Time
	// Dead reports whether the fetch of that id ran on this machine and runs no more.
	Dead func(id string) bool
	// Removed, if not nil, is called for a fetch whose objects were all deleted.
	Removed func(id string)
	// Through is the bucket that this fetch passes through, empty for none: parts of files that were to end
	// in another one may still be resumed.
	Through string
	// Store returns this user's own store. It is called only if an annotation names a bucket.
	Store func(ctx context.Context) (*s3.Store, error)
	// Buckets returns this user's own buckets in the store at an endpoint.
	Buckets func(endpoint string) []string
	// Say receives messages about what was deleted, and what remains and why.
	Say func(string)
	// Limit is how long all of it may take: Tidying if zero.
	Limit time.Duration
}

// RememberedBuckets returns the buckets that fetches of this user named on this machine and have not tidied up; below
// cacheDir each has left a file of lines, of which the last two are place and endpoint.
func RememberedBuckets(cacheDir, endpoint string) (buckets []string) {
	if cacheDir == "" {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(cacheDir, "via", "*"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		lines := strings.Split(string(text), "\n")
		if err != nil || len(lines) < 3 || lines[len(lines)-1] != endpoint {
			continue
		}
		if location, err := s3.ParseLocation(lines[len(lines)-2]); err == nil {
			buckets = append(buckets, location.Bucket)
		}
	}
	return buckets
}

// Sweep cleans up after one claim. It skips the fetches in except, which are running.
func (o Objects) Sweep(ctx context.Context, pvc *corev1.PersistentVolumeClaim, except ...string) {
	vias := claim.ViasOf(pvc)
	maps.DeleteFunc(vias, func(id string, via claim.Via) bool {
		old := o.Now().Sub(via.Since) >= abandoned
		return slices.Contains(except, id) || via.Ends && via.Bucket != o.Through || !via.Ends && !old && !o.Dead(id)
	})
	o.tidy(ctx, vias, func(ctx context.Context, id string) error {
		if o.Removed != nil {
			o.Removed(id)
		}
		return claim.MarkVia(ctx, o.Client, pvc, id, nil)
	})
}

// Gone cleans up after claims that were deleted: no other record of their objects remains.
func (o Objects) Gone(ctx context.Context, claims []Claim) {
	vias := map[string]claim.Via{}
	for _, pvc := range claims {
		for id, via := range pvc.Vias {
			vias[string(pvc.UID)+"/"+id] = via
		}
	}
	o.tidy(ctx, vias, nil)
}

// tidy deletes what is this user's own, and then the annotations about it; unmark is nil if the claims were deleted.
func (o Objects) tidy(ctx context.Context, vias map[string]claim.Via, unmark func(ctx context.Context, id string) error) {
	if len(vias) == 0 {
		return
	}
	inner, cancel := context.WithTimeout(ctx, o.limit())
	defer cancel()
	store, err := o.Store(inner)
	if err != nil {
		return // without a store of this user's none of it is
	}
	maps.DeleteFunc(vias, func(_ string, via claim.Via) bool { return !o.isOwn(store, via) })
	if len(vias) == 0 {
		return
	}
	failed := store.Authenticate(inner)
	for _, id := range slices.Sorted(maps.Keys(vias)) {
		count, err := 0, failed
		if err == nil {
			count, err = o.remove(inner, store, vias[id])
		}
		if err == nil && unmark != nil {
			err = unmark(inner, id)
		}
		if ctx.Err() != nil {
			return // nobody waits for it any more
		}
		o.reportResult(inner, vias[id], count, err, unmark == nil)
		if failed != nil || inner.Err() != nil {
			return
		}
	}
}

func (o Objects) limit() time.Duration { return cmp.Or(o.Limit, Tidying) }

// isOwn reports whether via leads to the store that this user has configured, and to one of this user's buckets.
func (o Objects) isOwn(store *s3.Store, via claim.Via) bool {
	return s3.Endpoint(via.Endpoint) == store.Endpoint() && via.Region == store.Region() && slices.Contains(o.Buckets(store.Endpoint()), via.Bucket)
}

// remove removes what one fetch left, and returns how much it was.
func (o Objects) remove(ctx context.Context, store *s3.Store, via claim.Via) (count int, err error) {
	if via.Ends {
		return s3mirror.Sweep(ctx, store, s3.Location{Bucket: via.Bucket, Prefix: via.Prefix}, string(via.Claim), o.Now)
	}
	if count, err = store.Empty(ctx, via.Bucket, via.Prefix+"/"); s3.NoBucket(err) {
		return 0, nil
	}
	return count, err
}

// reportResult reports the result for one fetch; final means that no other command will try again.
func (o Objects) reportResult(ctx context.Context, via claim.Via, count int, err error, final bool) {
	location := s3.Location{Bucket: via.Bucket, Prefix: via.Prefix}
	_, busy := errors.AsType[*s3mirror.LockedError](err)
	switch {
	case busy && final:
		o.Say(fmt.Sprintf("Note: partial files may remain at %s, because a fetch may still write there", location))
	case busy: // the next fetch looks again
	case err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		o.Say(fmt.Sprintf("Note: the objects of an interrupted fetch were not deleted from %s: the S3 store did not answer within %s", location, o.limit()))
	case err != nil:
		o.Say(fmt.Sprintf("Note: the objects of an interrupted fetch were not deleted from %s: %v", location, err))
	case count > 0:
		o.Say(fmt.Sprintf("Deleted the objects of an interrupted fetch from %s", location))
	}
}
