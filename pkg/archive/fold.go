package archive

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode"
)

// folding keeps two names of one stream from becoming one file where the local
// file system does not tell upper from lower case.
type folding struct {
	seen map[string]string // folded path -> path as it came first; nil: nothing is folded
}

// probe is a file that exists for a moment only.
const (
	probe      = ".kubectl-batch-case"
	probeUpper = ".KUBECTL-BATCH-CASE"
)

// probeFolding asks the file system of root whether it folds case.
func probeFolding(root *os.Root) (folds bool, err error) {
	file, err := root.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return probeExisting(root)
	}
	if err != nil {
		return false, fmt.Errorf("writing to %s: %w", root.Name(), err)
	}
	defer func() { _ = root.Remove(probe) }()
	if err := file.Close(); err != nil {
		return false, fmt.Errorf("writing to %s: %w", root.Name(), err)
	}
	return probeExisting(root)
}

// probeExisting looks the probe up in the other case. One that was there already
// serves as well, and is not ours to remove.
func probeExisting(root *os.Root) (folds bool, err error) {
	_, err = root.Lstat(probeUpper)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("reading %s: %w", root.Name(), err)
	}
	return err == nil, nil
}

// claim takes p and the directories above it for the spelling they have here.
func (f folding) claim(p string) error {
	if err := f.check(p); err != nil {
		return err
	}
	for at := strings.Clone(p); at != "."; at = path.Dir(at) {
		f.seen[foldCase(at)] = at
	}
	return nil
}

// check refuses p where it, or a directory above it, is here in another spelling.
func (f folding) check(p string) error {
	for at := p; at != "."; at = path.Dir(at) {
		if first, ok := f.seen[foldCase(at)]; ok && first != at {
			return refuse("it differs from %q only in case, which the file system here does not tell apart", first)
		}
	}
	return nil
}

// foldCase maps every spelling of s to the same one: each letter to the least
// of those that Unicode's simple folding calls equal.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}
