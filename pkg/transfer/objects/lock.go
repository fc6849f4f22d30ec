package objects

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/bucket"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

const (
	// beat is how often the lock of a living copy is written again, and patience how long it
	// is watched before its holder is taken for dead: clocks of two machines need not agree.
	beat, patience = 10 * time.Second, 30 * time.Second
	// releasing is how long removing it may take, and mostLock how much of it is read.
	releasing = 30 * time.Second
	mostLock  = 1 << 10
)

// lock keeps two copies from one place. It is an object that holds who has it.
type lock struct {
	store *bucket.Store
	at    bucket.Location
	id    string
	// stolen is called when another copy has taken it.
	stolen context.CancelFunc
	stop   context.CancelFunc
	done   chan struct{}
}

// LockedError says that another copy is at work at a place.
type LockedError struct{ At bucket.Location }

// Error implements error.
func (e *LockedError) Error() string {
	return fmt.Sprintf("another fetch is putting files to %s: wait for its end", e.At)
}

// claim is what a lock says of its holder.
type claim struct {
	// id is empty where nobody has it.
	id string
	// stamp is when it was last written, by the store's clock.
	stamp time.Time
	etag  string
}

// take waits for the lock's holder to be gone, if there is one, and no longer.
func (l *lock) take(ctx context.Context, say func(string)) error {
	found, err := l.look(ctx)
	if err != nil {
		return err
	}
	if found.id != "" && found.id != l.id {
		say(fmt.Sprintf("Another fetch was putting files to %s: looking whether it still does", l.at))
		if found, err = l.watch(ctx, found); err != nil {
			return err
		}
	}
	if err := l.over(ctx, found); err != nil {
		return err
	}
	return l.begin(ctx)
}

// watch returns the holder again if it has not moved for as long as patience lasts, and none
// if it let go meanwhile. A holder that lives is a LockedError.
func (l *lock) watch(ctx context.Context, holder claim) (claim, error) {
	for waited := time.Duration(0); waited < patience; waited += beat / 2 {
		if err := pause(ctx, beat/2); err != nil {
			return claim{}, err
		}
		now, err := l.look(ctx)
		if err != nil || now.id == "" {
			return claim{}, err
		}
		if now.id != holder.id || !now.stamp.Equal(holder.stamp) {
			return claim{}, &LockedError{l.at}
		}
	}
	return holder, nil
}

// look returns who holds the lock.
func (l *lock) look(ctx context.Context) (found claim, err error) {
	key := l.at.Key(lockName)
	for one, err := range l.store.List(ctx, l.at.Bucket, key) {
		if err != nil {
			return claim{}, transfer.Lost(err)
		}
		if one.Key == key {
			found.stamp, found.etag = one.Changed, one.ETag
		}
	}
	if found.etag == "" {
		return claim{}, nil
	}
	text, err := l.store.Beginning(ctx, l.at.Bucket, key, mostLock)
	if bucket.Absent(err) {
		return claim{}, nil
	}
	found.id = string(text)
	return found, transfer.Lost(err)
}

// over writes the lock where it still is what was found. Not every store can tell.
func (l *lock) over(ctx context.Context, found claim) error {
	err := l.store.PutOver(ctx, l.at.Bucket, l.at.Key(lockName), found.etag, []byte(l.id))
	if bucket.Replaced(err) || bucket.Absent(err) {
		return &LockedError{l.at}
	}
	return transfer.Lost(err)
}

// begin makes sure that nobody else wrote the lock at the same time, and goes on writing it.
func (l *lock) begin(ctx context.Context) error {
	if found, err := l.look(ctx); err != nil || found.id != l.id {
		return cmp.Or(err, error(&LockedError{l.at}))
	}
	beating, stop := context.WithCancel(context.WithoutCancel(ctx)) // also while all is tidied up
	l.stop, l.done = stop, make(chan struct{})
	go func() {
		defer close(l.done)
		for pause(beating, beat) == nil {
			if found, err := l.look(beating); err == nil && found.id != "" && found.id != l.id {
				l.stolen() // this process slept for longer than one is waited for
				return
			}
			// The copy itself meets what is wrong with the store.
			_ = l.store.Put(beating, l.at.Bucket, l.at.Key(lockName), []byte(l.id))
		}
	}()
	return nil
}

// release removes the lock, if it was taken and is ours still.
func (l *lock) release(ctx context.Context) error {
	if l.stop == nil {
		return nil
	}
	l.stop()
	<-l.done
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releasing)
	defer cancel()
	if found, err := l.look(ctx); err != nil || found.id != l.id {
		return err
	}
	return l.store.Delete(ctx, l.at.Bucket, l.at.Key(lockName))
}

func pause(ctx context.Context, length time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(length):
		return nil
	}
}
