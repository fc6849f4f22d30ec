package fetch

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// fetchID names a fetch that leaves things in a bucket. A file of that name says what for, and
// one beside it, which a living process has locked, who is at work: on Windows nobody can
// write to a file that is locked.
type fetchID struct {
	id   string
	path string
	lock *localtree.FileLock
	// adopted says that the id was another process's, which has died.
	adopted bool
}

// newFetchID takes the id of a process that has died over the same, or a new one. What is the same
// kind says.
func (o *Options) newFetchID(kind string) (*fetchID, error) {
	f := &fetchID{}
	folder := filepath.Join(o.factory.CacheDir, "via")
	if o.factory.CacheDir != "" {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("recording the transfer through the bucket: %w", err)
		}
		if found, err := f.adopt(folder, kind); found || err != nil {
			return f, err
		}
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	f.id = hex.EncodeToString(id)
	if o.factory.CacheDir == "" {
		return f, nil
	}
	path := filepath.Join(folder, f.id)
	// It is locked before it says whose it is, so that nobody else takes it over.
	if !f.take(path) {
		return nil, fmt.Errorf("recording the transfer through the bucket: %s cannot be locked", path)
	}
	if err := os.WriteFile(path, []byte(kind), 0o600); err != nil {
		return nil, fmt.Errorf("recording the transfer through the bucket: %w", err)
	}
	return f, nil
}

// adopt takes over what a dead process left, if there is any.
func (f *fetchID) adopt(folder, kind string) (bool, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false, fmt.Errorf("recording the transfer through the bucket: %w", err)
	}
	for _, entry := range entries {
		path := filepath.Join(folder, entry.Name())
		if filepath.Ext(path) == locks {
			continue
		}
		if !isKind(path, kind) || !f.take(path) {
			continue
		}
		if !isKind(path, kind) { // another process was done with it before it could be locked
			f.forget()
			continue
		}
		f.id, f.adopted = entry.Name(), true
		return true, nil
	}
	return false, nil
}

func isKind(path, kind string) bool {
	text, err := os.ReadFile(path)
	return err == nil && string(text) == kind
}

// locks is the ending of the files that are locked.
const locks = ".lock"

// take locks an id. A process that has ended has left its lock.
func (f *fetchID) take(path string) bool {
	lock, err := localtree.TryLockFile(path + locks)
	if err != nil {
		return false
	}
	f.path, f.lock = path, lock
	return true
}

// forget removes the files: nothing is in the bucket under this id.
func (f *fetchID) forget() {
	if f.lock == nil {
		return
	}
	_ = os.Remove(f.path)
	_ = f.lock.Remove() // what stays is an empty file
	f.lock = nil
}

func (f *fetchID) unlock() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}

// dead returns the fetch of that id, locked, where it ran on this machine and runs no more; nil
// else, and where it is of a kind that this command goes on with.
func (o *Options) dead(id string) *fetchID {
	path := filepath.Join(o.factory.CacheDir, "via", filepath.Base(id))
	text, err := os.ReadFile(path)
	if err != nil || o.factory.CacheDir == "" || slices.Contains(o.kinds, string(text)) {
		return nil
	}
	f := &fetchID{id: id}
	if !f.take(path) {
		return nil
	}
	if !isKind(path, string(text)) { // another process buried it before it could be locked
		f.forget()
		return nil
	}
	return f
}

// isDead is dead for who only wants to know.
func (o *Options) isDead(id string) bool {
	f := o.dead(id)
	if f == nil {
		return false
	}
	_ = f.unlock() // the file stays, and says the same again
	return true
}

// bury forgets a fetch that is dead, of which nothing is in the bucket any more.
func (o *Options) bury(id string) {
	if f := o.dead(id); f != nil {
		f.forget()
	}
}
