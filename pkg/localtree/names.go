package localtree

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// longest is how many bytes a path may have: no program could open a longer one.
const longest = 4095

// localName is name as a clean relative path, or a refusal.
func localName(name string) (string, error) {
	switch {
	case name == "":
		return "", refuse("empty name")
	case strings.ContainsRune(name, 0):
		return "", refuse("name contains a NUL character")
	case path.IsAbs(name):
		return "", refuse("path is absolute")
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "", refuse(`path contains ".."`)
	}
	clean := path.Clean(name)
	if clean == "." {
		return "", refuse("path is the root directory")
	}
	if len(clean) > longest {
		return "", refuse("path exceeds the limit of %d bytes", longest)
	}
	if err := nameable(clean); err != nil {
		return "", err
	}
	if slices.ContainsFunc(strings.Split(clean, "/"), isPartial) {
		return "", refuse("name is reserved for partial files")
	}
	return clean, nil
}

// nameable refuses a clean relative path that this system cannot have.
func nameable(name string) error {
	if runtime.GOOS == "windows" {
		if err := windowsName(name); err != nil {
			return err
		}
	}
	if _, err := filepath.Localize(utf8Form(name)); err != nil {
		return refuse("name is not valid on this system")
	}
	return nil
}

// utf8Form is a name for filepath.Localize, which takes nothing but UTF-8. Where
// names are plain bytes, the file system judges those that are not.
func utf8Form(name string) string {
	if runtime.GOOS == "windows" {
		return name
	}
	return strings.ToValidUTF8(name, "?")
}

// partialName is what the file at p is called until it is whole: in the same
// directory, short, and the same each time, so that what a killed process left
// is found again.
func partialName(p string) string {
	sum := sha256.Sum256([]byte(p))
	return ".kubectl-batch-" + hex.EncodeToString(sum[:8]) + ".part"
}

func partialPath(p string) string { return path.Join(path.Dir(p), partialName(p)) }

// isPartial leaves the sixteen digits unread: nothing else has a name like it.
func isPartial(base string) bool {
	base = strings.ToLower(base)
	return len(base) == len(".kubectl-batch-0123456789abcdef.part") &&
		strings.HasPrefix(base, ".kubectl-batch-") && strings.HasSuffix(base, ".part")
}
