package transfer

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// receiptVersion changes with the meaning of the file; another one is not read.
const receiptVersion = 1

// receipt remembers what fetches from one source wrote to one directory. Losing
// it makes a fetch more careful, never less.
type receipt struct {
	file  string // empty: not kept
	dirty bool
	news  int // notes since it was last saved

	Version int                `json:"version"`
	Dir     string             `json:"dir"`
	Source  string             `json:"source"`
	Files   map[string]written `json:"files"`
}

// written is one file or symlink that a fetch wrote.
type written struct {
	Size   int64  `json:"size"`
	Target string `json:"target,omitempty"` // of a symlink
	// ModTime is the source's, Local what the local file system made of it (FAT
	// counts in steps of two seconds).
	ModTime time.Time `json:"modTime"`
	Local   time.Time `json:"local"`
}

// openReceipt reads the receipt of dir and source in folder. One that is missing
// or damaged is empty.
func openReceipt(folder, dir, source string) *receipt {
	r := &receipt{}
	if folder == "" {
		return r.reset(dir, source)
	}
	key := sha256.Sum256([]byte(dir + "\x00" + source))
	r.file = filepath.Join(folder, fmt.Sprintf("%x.json", key[:16]))
	text, err := os.ReadFile(r.file)
	if err != nil || json.Unmarshal(text, r) != nil || !r.fits(dir, source) {
		return r.reset(dir, source)
	}
	return r
}

func (r *receipt) reset(dir, source string) *receipt {
	return &receipt{file: r.file, Version: receiptVersion, Dir: dir, Source: source, Files: map[string]written{}}
}

func (r *receipt) fits(dir, source string) bool {
	return r.Version == receiptVersion && r.Dir == dir && r.Source == source && r.Files != nil
}

// wrote returns what a fetch wrote to path if local is still that.
func (r *receipt) wrote(path string, local archive.Local) (written, bool) {
	w, ok := r.Files[path]
	if !ok {
		return w, false
	}
	if local.Info.Mode()&fs.ModeSymlink != 0 {
		return w, w.Target == local.Target
	}
	return w, w.Target == "" && w.Size == local.Info.Size() && w.Local.Equal(local.Info.ModTime())
}

// same reports whether entry is what was written.
func (w written) same(entry archive.Entry) bool {
	if entry.Type == archive.Symlink || w.Target != "" {
		return entry.Type == archive.Symlink && w.Target == entry.Target
	}
	return w.Size == entry.Size && sameSecond(w.ModTime, entry.ModTime)
}

// note remembers what was written just now.
func (r *receipt) note(entry archive.Entry, outcome archive.Outcome) {
	if outcome.Action != archive.Write || outcome.Local == nil {
		return
	}
	w := written{Size: entry.Size, ModTime: entry.ModTime.UTC(), Local: outcome.Local.ModTime().UTC()}
	if entry.Type == archive.Symlink {
		w.Target = entry.Target
	}
	r.Files[entry.Path], r.dirty = w, true
	// Now and then, for a process that is killed; ever more seldom, as it grows.
	if r.news++; r.news > 100+len(r.Files)/4 {
		_ = r.save() // the last one tells
	}
}

// save writes the receipt so that it is either the old or the new one.
func (r *receipt) save() error {
	if r.file == "" || !r.dirty {
		return nil
	}
	r.news = 0
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("writing the receipt: %w", err)
	}
	folder := filepath.Dir(r.file)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("writing the receipt: %w", err)
	}
	file, err := os.CreateTemp(folder, "new-*")
	if err != nil {
		return fmt.Errorf("writing the receipt: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), r.file)
	}
	if err != nil {
		return fmt.Errorf("writing the receipt: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
