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

// folding keeps two names of one stream from becoming one file where the local
// file system takes them for one.
type folding struct {
	folds
	spellings map[string]string // folded path -> path as it came first; nil: nothing is folded
}

// folds says in what names may differ and are one all the same.
type folds struct {
	letters bool // "A" and "a": Windows, macOS
	accents bool // "é" as one character, and as a letter with an accent: macOS
}

// probeFolding asks the file system of root what it folds, with files that exist
// for a moment only.
func probeFolding(root *os.Root) (f folds, err error) {
	if f.letters, err = oneFile(root, ".kubectl-batch-case", ".KUBECTL-BATCH-CASE"); err != nil {
		return folds{}, err
	}
	f.accents, err = oneFile(root, ".kubectl-batch-\u00e9", ".kubectl-batch-e\u0301")
	if unholdable(err) {
		err = nil // no such name can come
	}
	return f, err
}

// oneFile makes the file probe, and looks it up by another name. One that was
// there already serves as well, and is not ours to remove.
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

// record takes p and the directories above it for the spelling they have here.
func (f folding) record(p string) error {
	if err := f.check(p); err != nil {
		return err
	}
	for name := strings.Clone(p); name != "."; name = path.Dir(name) {
		f.spellings[f.fold(name)] = name
	}
	return nil
}

// check refuses p where it, or a directory above it, is here in another spelling.
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

// fold maps every spelling of p that the file system has for one to the same one.
func (f folding) fold(p string) string {
	if f.letters {
		p = foldCase(p)
	}
	if f.accents {
		p = norm.NFD.String(p)
	}
	return p
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
