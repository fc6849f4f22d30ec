package s3mirror

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// defaultBeat is how often the lock of a living copy is written again, and defaultPatience how long it
	// is watched before its holder is taken for dead by the next copy.
	defaultBeat, defaultPatience = 10 * time.Second, 30 * time.Second
	// silent is how old a lock is at least, by the store's clock, whose holder is dead for everybody else.
	silent = time.Minute
	// releasing is how long removing it may take, and mostLock how much of it is read.
	releasing = 30 * time.Second
	mostLock  = 1 << 10
)

// lock keeps two copies from one place. It is an object that says who has it.
type lock struct {
	store    *s3.Store
	location s3.Location
	id       string
	// source is the tree that is copied.
	source string
	// stolen is called when another copy has taken it.
	stolen context.CancelFunc
	// beat is how often it is written again, and patience how long another holder's lock is watched.
	beat, patience time.Duration

	stop context.CancelFunc
	done chan struct{}
}

func newLock(store *s3.Store, location s3.Location, id, source string, stolen context.CancelFunc) *lock {
	return &lock{store: store, location: location, id: id, source: source, stolen: stolen, beat: defaultBeat, patience: defaultPatience}
}

// LockedError says that another copy is at work at a place.
type LockedError struct{ At s3.Location }

// Error implements error.
func (e *LockedError) Error() string {
	return fmt.Sprintf("another fetch is writing to %s; wait until it ends", e.At)
}

// holder is the text of a lock.
type holder struct {
	ID string `json:"id"`
	// Source is the tree that the holder copies.
	Source string `json:"source"`
}

// claim is what a lock says of its holder.
type claim struct {
	// holder is empty where nobody has it.
	holder
	// stamp is when it was last written, and read when it was looked at, both by the store's clock.
	stamp, read time.Time
	etag        string
}

// fresh reports whether a holder that lives may have written the lock: what does not say when it was read
// is not known to be old.
func (c *claim) fresh() bool {
	return c.ID != "" && (c.read.IsZero() || c.read.Sub(c.stamp) < silent)
}

// acquire waits for the lock's holder to be gone, if there is one, and no longer.
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

// watch returns the holder again if it has not moved for as long as patience lasts, and none
// if it let go meanwhile. A holder that lives is a LockedError.
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

// read returns who holds the lock.
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
		c.holder = holder{ID: string(text)} // whoever wrote that
	}
	return c, transfer.Lost(err)
}

// text is what the lock holds while this copy has it.
func (l *lock) text() ([]byte, error) { return json.Marshal(holder{l.id, l.source}) }

// overwrite writes the lock where it still is what was found. Not every store can tell.
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

// keepAlive makes sure that nobody else wrote the lock at the same time, and goes on writing it.
func (l *lock) keepAlive(ctx context.Context) error {
	if current, err := l.read(ctx); err != nil || current.ID != l.id {
		return cmp.Or(err, error(&LockedError{l.location}))
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx)) // also while all is tidied up
	l.stop, l.done = stop, make(chan struct{})
	go func() {
		defer close(l.done)
		for pause(beating, l.beat) == nil {
			// The copy itself meets what else is wrong with the store.
			if _, locked := errors.AsType[*LockedError](l.renew(beating)); locked {
				l.stolen() // this process slept for longer than one is waited for
				return
			}
		}
	}()
	return nil
}

// renew writes the lock once more, if it is still this copy's.
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

// release removes the lock, if it was taken and is ours still.
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
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(length):
		return nil
	}
}
