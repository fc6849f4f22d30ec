package results

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// fetchID identifies a fetch that writes objects to a bucket. A local file with that name says which fetch it is. The
// running process locks a second file beside it: on Windows a locked file cannot be read.
type fetchID struct {
	id   string
	path string
	lock *localtree.FileLock
	// adopted means that the id was that of a process that has ended.
	adopted bool
}

// fetchIDs are the ids of fetches of this user on this machine. Each id has a kind: a text that names the source and the
// destination in the bucket. A fetch can resume with the objects of an interrupted fetch only if both have the same kind.
type fetchIDs struct {
	// cacheDir is empty if nothing can be recorded.
	cacheDir string
	// reserved are kinds of fetches that this call resumes later.
	reserved []string
}

func (i *fetchIDs) directory() string { return filepath.Join(i.cacheDir, "via") }

// acquire returns the id of a fetch of the same kind whose process has ended, or a new one.
func (i *fetchIDs) acquire(kind string) (*fetchID, error) {
	f := &fetchID{}
	if i.cacheDir != "" {
		if err := os.MkdirAll(i.directory(), 0o700); err != nil {
			return nil, fmt.Errorf("recording the transfer through the bucket: %w", err)
		}
		if found, err := f.adopt(i.directory(), kind); found || err != nil {
			return f, err
		}
	}
	id := make([]byte, 8)
	if _, err := rand.Read(id); err != nil {
		return nil, err
	}
	f.id = hex.EncodeToString(id)
	if i.cacheDir == "" {
		return f, nil
	}
	path := filepath.Join(i.directory(), f.id)
	// It is locked before it is written, so that no other process adopts it.
	if !f.tryLock(path) {
		return nil, fmt.Errorf("recording the transfer through the bucket: %s cannot be locked", path)
	}
	if err := os.WriteFile(path, []byte(kind), 0o600); err != nil {
		return nil, fmt.Errorf("recording the transfer through the bucket: %w", err)
	}
	return f, nil
}

// adopt acquires the id of a process that has ended, if there is one.
func (f *fetchID) adopt(directory, kind string) (bool, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return false, fmt.Errorf("recording the transfer through the bucket: %w", err)
	}
	for _, entry := range entries {
		path := filepath.Join(directory, entry.Name())
		if filepath.Ext(path) == lockSuffix {
			continue
		}
		if !isKind(path, kind) || !f.tryLock(path) {
			continue
		}
		if !isKind(path, kind) { // another process has ended it before it could be locked
			f.remove()
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

// lockSuffix ends the names of the locked files.
const lockSuffix = ".lock"

// tryLock locks an id. The lock of a process ends with the process.
func (f *fetchID) tryLock(path string) bool {
	lock, err := localtree.TryLockFile(path + lockSuffix)
	if err != nil {
		return false
	}
	f.path, f.lock = path, lock
	return true
}

// remove removes the files: the bucket has no objects of this id.
func (f *fetchID) remove() {
	if f.lock == nil {
		return
	}
	_ = os.Remove(f.path)
	_ = f.lock.Remove() // an empty file may remain
	f.lock = nil
}

func (f *fetchID) unlock() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}

// ended returns the fetch with that id, locked, if it ran on this machine and has ended. It returns nil for any other,
// and for one that this call resumes.
func (i *fetchIDs) ended(id string) *fetchID {
	path := filepath.Join(i.directory(), filepath.Base(id))
	text, err := os.ReadFile(path)
	if err != nil || i.cacheDir == "" || slices.Contains(i.reserved, string(text)) {
		return nil
	}
	f := &fetchID{id: id}
	if !f.tryLock(path) {
		return nil
	}
	if !isKind(path, string(text)) { // another process has removed it before it could be locked
		f.remove()
		return nil
	}
	return f
}

// hasEnded reports whether the fetch with that id ran on this machine and has ended.
func (i *fetchIDs) hasEnded(id string) bool {
	f := i.ended(id)
	if f == nil {
		return false
	}
	_ = f.unlock() // the file remains for the next check
	return true
}

// removeEnded removes the record of an ended fetch, of which the bucket has no objects any more.
func (i *fetchIDs) removeEnded(id string) {
	if f := i.ended(id); f != nil {
		f.remove()
	}
}
