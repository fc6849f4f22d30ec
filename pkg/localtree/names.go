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

// longest is the maximum length of a path in bytes: the system opens no longer one.
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

// utf8Form returns a name for filepath.Localize, which accepts only UTF-8. On systems where
// names are bytes, the file system checks names that are not UTF-8.
func utf8Form(name string) string {
	if runtime.GOOS == "windows" {
		return name
	}
	return strings.ToValidUTF8(name, "?")
}

// partialName returns the name of the file at p until it is complete. It is in the same
// directory, short, and always the same, so that a later process finds the partial file of
// a killed one.
func partialName(p string) string {
	sum := sha256.Sum256([]byte(p))
	return ".kubectl-batch-" + hex.EncodeToString(sum[:8]) + ".part"
}

func partialPath(p string) string { return path.Join(path.Dir(p), partialName(p)) }

// isPartial reports whether base has the form of a partial name. It does not check the 16
// digits, because no other file has such a name.
func isPartial(base string) bool {
	base = strings.ToLower(base)
	return len(base) == len(".kubectl-batch-0123456789abcdef.part") &&
		strings.HasPrefix(base, ".kubectl-batch-") && strings.HasSuffix(base, ".part")
}
