package s3mirror

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/wait"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// defaultBeat is the interval at which a copy writes its lock. defaultPatience is how long another copy
	// watches a lock before it considers its holder dead.
	defaultBeat, defaultPatience = 10 * time.Second, 30 * time.Second
	// silent is the age, by the store's clock, from which a lock's holder is considered dead without watching.
	silent = time.Minute
	// releasing is how long removing the lock may take, and mostLock how many bytes of it are read.
	releasing = 30 * time.Second
	mostLock  = 1 << 10
)

// lock prevents two copies to the same location. It is an object that names its holder.
type lock struct {
	store    *s3.Store
	location s3.Location
	id       string
	// source is the tree that is copied.
	source string
	// stolen is called when another copy has taken the lock.
	stolen context.CancelFunc
	// beat is the interval of writing the lock, and patience how long the lock of another holder is watched.
	beat, patience time.Duration

	stop context.CancelFunc
	done chan struct{}
}

func newLock(store *s3.Store, location s3.Location, id, source string, stolen context.CancelFunc) *lock {
	return &lock{store: store, location: location, id: id, source: source, stolen: stolen, beat: defaultBeat, patience: defaultPatience}
}

// LockedError says that another copy writes to a location.
type LockedError struct{ At s3.Location }

// Error implements error.
func (e *LockedError) Error() string {
	return fmt.Sprintf("another fetch is writing to %s; wait until it ends", e.At)
}

// holder is the content of a lock.
type holder struct {
	ID string `json:"id"`
	// Source is the tree that the holder copies.
	Source string `json:"source"`
}

// claim is the state of a lock.
type claim struct {
	// holder is empty if there is no lock.
	holder
	// stamp is when the lock was last written, and read when it was read, both by the store's clock.
	stamp, read time.Time
	etag        string
}

// fresh reports whether the holder may be alive. It returns true if the store's clock is not known.
func (c *claim) fresh() bool {
	return c.ID != "" && (c.read.IsZero() || c.read.Sub(c.stamp) < silent)
}

// acquire takes the lock. If another copy holds it, acquire watches whether that one is alive.
func (l *lock) acquire(ctx context.Context, say func(string)) error {
	holder, err := l.read(ctx)
	if err != nil {
		return err
	}
	if holder.ID != "" && holder.ID != l.id {
		say(fmt.Sprintf("Another fetch was writing to %s; checking whether it is still running", l.location))
		if holder, err = l.watch(ctx, holder); err != nil {
			return err
		}
	}
	if err := l.overwrite(ctx, holder); err != nil {
		return err
	}
	return l.keepAlive(ctx)
}

// watch returns previous if the lock was not written for the time patience, and an empty claim if
// the lock was released. If its holder is alive, the error is a *LockedError.
func (l *lock) watch(ctx context.Context, previous claim) (claim, error) {
	for waited := time.Duration(0); waited < l.patience; waited += l.beat / 2 {
		if err := pause(ctx, l.beat/2); err != nil {
			return claim{}, err
		}
		current, err := l.read(ctx)
		if err != nil || current.ID == "" {
			return claim{}, err
		}
		if current.ID != previous.ID || !current.stamp.Equal(previous.stamp) {
			return claim{}, &LockedError{l.location}
		}
	}
	return previous, nil
}

// read returns the current state of the lock.
func (l *lock) read(ctx context.Context) (c claim, err error) {
	key := l.location.Key(lockName)
	for item, err := range l.store.List(ctx, l.location.Bucket, key) {
		if err != nil {
			return claim{}, transfer.Lost(err)
		}
		if item.Key == key {
			c.stamp, c.etag = item.Changed, item.ETag
		}
	}
	if c.etag == "" {
		return claim{}, nil
	}
	text, err := l.store.Beginning(ctx, l.location.Bucket, key, mostLock)
	if s3.Absent(err) {
		return claim{}, nil
	}
	c.read = l.store.Now()
	if json.Unmarshal(text, &c.holder) != nil || c.ID == "" {
		c.holder = holder{ID: string(text)} // in an unknown format
	}
	return c, transfer.Lost(err)
}

// text returns the content of the lock for this copy.
func (l *lock) text() ([]byte, error) { return json.Marshal(holder{l.id, l.source}) }

// overwrite writes the lock if it is still in the state previous. A store without conditional
// requests overwrites it in any case.
func (l *lock) overwrite(ctx context.Context, previous claim) error {
	text, err := l.text()
	if err != nil {
		return err
	}
	err = l.store.PutOver(ctx, l.location.Bucket, l.location.Key(lockName), previous.etag, text)
	if !s3.Replaced(err) && !s3.Absent(err) {
		return transfer.Lost(err)
	}
	// The answer to the request that wrote it may have been lost.
	if current, err := l.read(ctx); err != nil || current.ID != l.id {
		return cmp.Or(err, error(&LockedError{l.location}))
	}
	return nil
}

// keepAlive checks that no other copy wrote the lock at the same time, and starts to renew it
// regularly.
func (l *lock) keepAlive(ctx context.Context) error {
	if current, err := l.read(ctx); err != nil || current.ID != l.id {
		return cmp.Or(err, error(&LockedError{l.location}))
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the end of the cleanup
	l.stop, l.done = stop, make(chan struct{})
	go func() {
		defer close(l.done)
		for pause(beating, l.beat) == nil {
			// The copy itself reports other errors of the store.
			if _, locked := errors.AsType[*LockedError](l.renew(beating)); locked {
				l.stolen() // this process did not run for longer than the patience of others
				return
			}
		}
	}()
	return nil
}

// renew writes the lock again, if this copy still holds it.
func (l *lock) renew(ctx context.Context) error {
	current, err := l.read(ctx)
	if err != nil {
		return err
	}
	if current.ID != l.id {
		return &LockedError{l.location}
	}
	return l.overwrite(ctx, current)
}

// release removes the lock, if this copy holds it.
func (l *lock) release(ctx context.Context) error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	<-l.done
	ctx, cancel := context.WithTimeout(ctx, releasing)
	defer cancel()
	current, err := l.read(ctx)
	if err != nil || current.ID != l.id {
		return err
	}
	if err := l.store.DeleteOver(ctx, l.location.Bucket, l.location.Key(lockName), current.etag); !s3.Replaced(err) {
		return err
	}
	return nil // it is another copy's
}

func pause(ctx context.Context, length time.Duration) error {
	if !wait.For(ctx, length) {
		return ctx.Err()
	}
	return nil
}
