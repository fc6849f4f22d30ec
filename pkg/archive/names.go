package archive

import (
	"crypto/sha256"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// refusal says why an entry is left out; it never ends the unpacking.
type refusal string

func (r refusal) Error() string { return string(r) }

func refuse(format string, args ...any) error { return refusal(fmt.Sprintf(format, args...)) }

// localName is name as a clean relative path, or a refusal.
func localName(name string) (string, error) {
	switch {
	case name == "":
		return "", refuse("it has no name")
	case strings.ContainsRune(name, 0):
		return "", refuse("its name holds a NUL")
	case path.IsAbs(name):
		return "", refuse("its name is absolute")
	case slices.Contains(strings.Split(name, "/"), ".."):
		return "", refuse(`its name holds ".."`)
	}
	clean := path.Clean(name)
	if clean == "." {
		return "", refuse("its name is that of the whole tree")
	}
	if _, err := filepath.Localize(clean); err != nil {
		return "", refuse("this system cannot have a file of that name")
	}
	if isPartial(path.Base(clean)) {
		return "", refuse("its name is kept for files that are being written")
	}
	return clean, nil
}

// partialName is where the file at p is written until it is whole: in the same
// directory, short, and the same each time, so that what a killed process left
// is found again.
func partialName(p string) string {
	sum := sha256.Sum256([]byte(p))
	return path.Join(path.Dir(p), fmt.Sprintf(".kubectl-batch-%x.part", sum[:8]))
}

// isPartial leaves the sixteen digits unread: nothing else has a name like it.
func isPartial(base string) bool {
	base = strings.ToLower(base)
	return len(base) == len(".kubectl-batch-0123456789abcdef.part") &&
		strings.HasPrefix(base, ".kubectl-batch-") && strings.HasSuffix(base, ".part")
}
