// Package pathcache keeps on this machine which paths a fetch saw on a volume, for a shell that
// completes the next one.
//
// What it promises: a file for each job or claim, that only this user can read; at most Most
// paths in it, at most so many files, none of them for ever; paths come as the job saw them.
// What it does not: that a path is still there, or that every path is kept. Nothing depends
// on it but the comfort of a Tab.
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
	// Most is how many paths are kept of one job.
	Most = 50_000
	// MostBytes is how long all of them may be together. A fetch that sees more keeps those that
	// it saw first.
	MostBytes = 16 << 20
	// mostHead is how long the first line may be.
	mostHead = 1 << 20
	// files and age are how many are kept, and for how long.
	files = 200
	age   = 90 * 24 * time.Hour
	// suffix is that of the files, and fresh begins the name of one that is not whole yet.
	suffix, fresh = ".paths.gz", "new-"
)

// Key says whose paths they are.
type Key struct {
	// Server is the URL of the API server.
	Server, Namespace string
	// Name is that of a job, or pvc/NAME.
	Name string
}

func (k Key) file(folder string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Server, k.Namespace, k.Name}, "\x00")))
	return filepath.Join(folder, hex.EncodeToString(sum[:16])+suffix)
}

// Seen is what a fetch saw.
type Seen struct {
	// Source names the volume for good: the UID of its claim.
	Source string
	// Mount is the folder at which the job saw it, and Base the one that relative paths
	// begin at; empty where they lead nowhere. Both are absolute and clean.
	Mount, Base string
	// Asked are the paths that were listed, relative to Mount; "." for all.
	Asked []string
	// Paths are what is there, relative to Mount; that of a folder ends in a slash.
	Paths []string
}

// head is the first line of a file; a path a line follows, absolute and sorted.
type head struct {
	Base string `json:"base"`
	// Sources are the volumes by their mounts.
	Sources map[string]string `json:"sources"`
}

// Kept is what is known of a job or claim.
type Kept struct {
	head
	// paths are absolute and sorted.
	paths []string
}

// Save adds what was seen to what is kept in folder, which is made if need be, and forgets
// what is old. Of the paths that were asked for only what was seen now stays.
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
	paths = few(append(paths, old...)) // the new ones stay
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

// few returns as many of the first paths as are kept.
func few(paths []string) []string {
	room := MostBytes
	for i, p := range paths {
		if room -= len(p) + 1; room < 0 || i == Most {
			return paths[:i]
		}
	}
	return paths
}

// replaces reports whether what was seen says all about p. known says that it was the same
// volume before.
func (s Seen) replaces(p string, sameVolume bool) bool {
	relative, ok := strings.CutPrefix(p, dirPrefix(s.Mount))
	if !ok {
		return false
	}
	return !sameVolume || slices.ContainsFunc(s.Asked, func(listed string) bool {
		return listed == "." || strings.HasPrefix(relative+"/", path.Clean(listed)+"/")
	})
}

// dirPrefix begins the paths in a folder.
func dirPrefix(folder string) string { return strings.TrimSuffix(folder, "/") + "/" }

// typable reports whether a shell and a terminal take p for letters only. A replacement
// character stands for bytes that are not known.
func typable(p string) bool {
	return printable.Safe(p) && !strings.ContainsRune(p, unicode.ReplacementChar)
}

// Load returns what is kept in folder; nothing where that is missing or damaged.
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

// write puts all of it into a file that appears whole.
func (k Kept) write(name string, date time.Time) error {
	file, err := os.CreateTemp(filepath.Dir(name), fresh+"*") // which nobody else can read
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }() // it is called name, if all went well
	packed, _ := gzip.NewWriterLevel(file, gzip.BestSpeed)
	out := bufio.NewWriter(packed)
	err = json.NewEncoder(out).Encode(k.head) // ends the line
	for _, p := range k.paths {
		_, _ = out.WriteString(p) // Flush tells
		_ = out.WriteByte('\n')
	}
	if err = errors.Join(err, out.Flush(), packed.Close(), file.Close()); err != nil {
		return err
	}
	return errors.Join(os.Chtimes(file.Name(), date, date), os.Rename(file.Name(), name))
}

// ours reports whether a file has the name of one that Save makes.
func ours(name string) bool { return strings.HasSuffix(name, suffix) || strings.HasPrefix(name, fresh) }

// prune removes what is old, and what is too much.
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
