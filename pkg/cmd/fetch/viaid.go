package fetch

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// claimID takes the id of a process that has died over, or a new one.
func (v *via) claimID() error {
	o := v.options
	folder := filepath.Join(o.factory.CacheDir, "via")
	kind := strings.Join([]string{string(v.from.claim.UID), v.from.name, v.from.SubPath, o.engine.Via.String(), o.store.Endpoint()}, "\n")
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
	// It is locked before it says whose it is, so that nobody else takes it over.
	if !v.take(path) {
		return fmt.Errorf("remembering the way through the bucket: %s cannot be locked", path)
	}
	if err := os.WriteFile(path, []byte(kind), 0o600); err != nil {
		return fmt.Errorf("remembering the way through the bucket: %w", err)
	}
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

func (v *via) forget() {
	if v.lock != nil {
		_ = os.Remove(v.lock.Path())
	}
	_ = v.unlock()
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
