package build

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Key names a build by everything that decides its outcome: the module's pins
// and sources, the toolchain and the recipe.
func Key(c Component, toolchain string) (string, error) {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%q %q %q %q %v\n", toolchain, c.Packages, compilerFlags(), c.Tags, c.Links, c.Stamp)
	isModuleFile := func(name string) bool { return slices.Contains(c.modFiles(), name) }
	if err := hashFiles(h, c.Dir, isModuleFile); err != nil {
		return "", fmt.Errorf("hashing the pins of %s: %w", c.Name, err)
	}
	for _, pkg := range c.Packages {
		if !strings.HasPrefix(pkg, ".") {
			continue // of another module: its version stands in go.mod
		}
		if err := hashFiles(h, filepath.Join(c.Dir, pkg), isSource); err != nil {
			return "", fmt.Errorf("hashing the sources of %s: %w", c.Name, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// isSource holds for code and for files that may be embedded.
func isSource(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, ".md") && !strings.HasPrefix(name, "go.")
}

// hashFiles adds the files of a directory whose names are accepted.
func hashFiles(w io.Writer, dir string, include func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() || !include(e.Name()) {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(w, "%s %d\n%s", e.Name(), len(b), b)
	}
	return nil
}
