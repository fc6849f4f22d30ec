package localtree

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// folding detects two names of one source that are the same file for the local file
// system.
type folding struct {
	folds
	spellings map[string]string // folded path -> its first spelling; nil: nothing is folded
}

// folds are the differences of names that the local file system ignores.
type folds struct {
	letters bool // "A" and "a": Windows, macOS
	accents bool // "é" as one character, and as a letter with an accent: macOS
}

// probeFolding finds out what the file system of root folds. It creates files and removes
// them.
func probeFolding(root *os.Root) (f folds, err error) {
	if f.letters, err = oneFile(root, ".kubectl-batch-case", ".KUBECTL-BATCH-CASE"); err != nil {
		return folds{}, err
	}
	f.accents, err = oneFile(root, ".kubectl-batch-\u00e9", ".kubectl-batch-e\u0301")
	if unholdable(err) {
		err = nil // the file system has no such names
	}
	return f, err
}

// oneFile reports whether probe and variant name the same file. It creates the file probe
// and removes it, or uses an existing one and keeps it.
func oneFile(root *os.Root, probe, variant string) (folded bool, err error) {
	file, err := root.OpenFile(probe, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		defer func() { _ = root.Remove(probe) }()
		err = file.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("writing to %s: %w", root.Name(), bare(err))
	}
	_, err = root.Lstat(variant)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("reading %s: %w", root.Name(), bare(err))
	}
	return err == nil, nil
}

// record records the spelling of p and of the directories above it. It fails as check does.
func (f folding) record(p string) error {
	if err := f.check(p); err != nil {
		return err
	}
	for name := strings.Clone(p); name != "."; name = path.Dir(name) {
		f.spellings[f.fold(name)] = name
	}
	return nil
}

// check refuses p if it, or a directory above it, was recorded with another spelling.
func (f folding) check(p string) error {
	for name := p; name != "."; name = path.Dir(name) {
		if spelling, ok := f.spellings[f.fold(name)]; ok && spelling != name {
			difference := "case"
			if foldCase(spelling) != foldCase(name) {
				difference = "Unicode normalization"
			}
			return refuse("differs from %q only in %s, which the local file system does not distinguish", spelling, difference)
		}
	}
	return nil
}

// fold maps all spellings of p that name the same file to one spelling.
func (f folding) fold(p string) string {
	if f.letters {
		p = foldCase(p)
	}
	if f.accents {
		p = norm.NFD.String(p)
	}
	return p
}

// foldCase replaces each letter by the smallest letter that is equal to it in Unicode's
// simple case folding.
func foldCase(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, s)
}
