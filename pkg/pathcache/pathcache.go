// Package pathcache records on this machine which paths a fetch listed on a volume, for
// completion in a shell.
//
// What it promises: one file for each job or claim, which only this user can read; at most Most
// paths in it; a limited number of files, which expire; paths as the job had them.
// What it does not promise: that a path still exists, or that every path is recorded. Only
// completion uses it.
package pathcache

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
)

const (
	// Most is the maximum number of paths of one job.
	Most = 50_000
	// MostBytes is the maximum total length of the paths of one job. If a fetch lists more, the
	// first ones are kept.
	MostBytes = 16 << 20
	// mostHead is the maximum length of the first line, in bytes.
	mostHead = 1 << 20
	// files is the maximum number of files, and age the time after which a file expires.
	files = 200
	age   = 90 * 24 * time.Hour
	// suffix ends the name of a file, and fresh begins the name of an incomplete one.
	suffix, fresh = ".paths.gz", "new-"
)

// Key identifies the job or claim of a list of paths.
type Key struct {
	// Server is the URL of the API server.
	Server, Namespace string
	// Name is the name of a job, or pvc/NAME.
	Name string
}

func (k Key) file(folder string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Server, k.Namespace, k.Name}, "\x00")))
	return filepath.Join(folder, hex.EncodeToString(sum[:16])+suffix)
}

// Seen is the listing of a fetch.
type Seen struct {
	// Source identifies the volume: the UID of its claim.
	Source string
	// Mount is the directory at which the job mounted the volume. Base is the directory of
	// relative paths; "" if relative paths are not possible. Both are absolute and clean.
	Mount, Base string
	// Asked are the requested paths, relative to Mount; "." for all.
	Asked []string
	// Paths are the existing paths, relative to Mount. The path of a directory ends in a slash.
	Paths []string
}

// head is the first line of a file; a path a line follows, absolute and sorted.
type head struct {
	Base string `json:"base"`
	// Sources are the volumes by their mounts.
	Sources map[string]string `json:"sources"`
}

// Kept are the recorded paths of a job or claim.
type Kept struct {
	head
	// paths are absolute and sorted.
	paths []string
}

// Save adds a listing to the file for key in folder, which it creates if necessary, and deletes
// expired files. The listing replaces earlier paths below the requested ones. date is the
// current time.
func Save(folder string, key Key, listing Seen, date time.Time) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	cache := Load(folder, key)
	sameVolume := cache.Sources[listing.Mount] == listing.Source
	old := slices.DeleteFunc(cache.paths, func(p string) bool { return listing.replaces(p, sameVolume) })
	paths := make([]string, 0, len(listing.Paths)+len(old))
	for _, p := range listing.Paths {
		if typable(p) {
			paths = append(paths, dirPrefix(listing.Mount)+p)
		}
	}
	paths = few(append(paths, old...)) // few keeps the new paths first
	slices.Sort(paths)
	if cache.Sources == nil {
		cache.Sources = map[string]string{}
	}
	cache.Base, cache.Sources[listing.Mount] = listing.Base, listing.Source
	if cache.paths = slices.Compact(paths); len(cache.paths) == 0 {
		return os.RemoveAll(key.file(folder))
	}
	return errors.Join(cache.write(key.file(folder), date), prune(folder, date))
}

// few returns the first paths up to the limits Most and MostBytes.
func few(paths []string) []string {
	room := MostBytes
	for i, p := range paths {
		if room -= len(p) + 1; room < 0 || i == Most {
			return paths[:i]
		}
	}
	return paths
}

// replaces reports whether the listing covers p, so that an earlier record of p is obsolete.
// sameVolume says that the record is from the same volume.
func (s Seen) replaces(p string, sameVolume bool) bool {
	relative, ok := strings.CutPrefix(p, dirPrefix(s.Mount))
	if !ok {
		return false
	}
	return !sameVolume || slices.ContainsFunc(s.Asked, func(listed string) bool {
		return listed == "." || strings.HasPrefix(relative+"/", path.Clean(listed)+"/")
	})
}

// dirPrefix returns folder with one slash at its end.
func dirPrefix(folder string) string { return strings.TrimSuffix(folder, "/") + "/" }

// typable reports whether p has no control characters. A path with a replacement character
// is rejected too, because its real bytes are not known.
func typable(p string) bool {
	return printable.Safe(p) && !strings.ContainsRune(p, unicode.ReplacementChar)
}

// Load returns the paths recorded in folder; none if the file is missing or damaged.
func Load(folder string, key Key) Kept {
	file, err := os.Open(key.file(folder))
	if err != nil {
		return Kept{}
	}
	defer func() { _ = file.Close() }() // only read from
	packed, err := gzip.NewReader(file)
	if err != nil {
		return Kept{}
	}
	data, err := io.ReadAll(io.LimitReader(packed, MostBytes+mostHead+1))
	headLine, rest, _ := strings.Cut(string(data), "\n")
	cache := Kept{}
	if err != nil || len(data) > MostBytes+mostHead || json.Unmarshal([]byte(headLine), &cache.head) != nil {
		return Kept{}
	}
	cache.paths = strings.Split(strings.TrimSuffix(rest, "\n"), "\n")
	return cache
}

// write writes a temporary file and renames it to name.
func (k Kept) write(name string, date time.Time) error {
	file, err := os.CreateTemp(filepath.Dir(name), fresh+"*") // other users cannot read it
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // after a successful rename, this does nothing
	packed, _ := gzip.NewWriterLevel(file, gzip.BestSpeed)
	out := bufio.NewWriter(packed)
	err = json.NewEncoder(out).Encode(k.head) // ends the line
	for _, p := range k.paths {
		_, _ = out.WriteString(p) // Flush returns an error of it
		_ = out.WriteByte('\n')
	}
	if err = errors.Join(err, out.Flush(), packed.Close(), file.Close()); err != nil {
		return err
	}
	return errors.Join(os.Chtimes(file.Name(), date, date), os.Rename(file.Name(), name))
}

// ours reports whether a file has a name that Save creates.
func ours(name string) bool { return strings.HasSuffix(name, suffix) || strings.HasPrefix(name, fresh) }

// prune removes expired files, and the oldest ones if there are too many.
func prune(folder string, date time.Time) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	type file struct {
		name string
		time time.Time
	}
	var candidates []file
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && ours(entry.Name()) {
			candidates = append(candidates, file{filepath.Join(folder, entry.Name()), info.ModTime()})
		}
	}
	slices.SortFunc(candidates, func(a, b file) int { return cmp.Or(b.time.Compare(a.time), cmp.Compare(a.name, b.name)) })
	for i, candidate := range candidates {
		if i >= files || date.Sub(candidate.time) > age {
			err = errors.Join(err, os.Remove(candidate.name))
		}
	}
	return err
}
