package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
)

// What the files of a release are called.
const (
	archiveEnding = ".tar.gz"
	// licences is the file in an archive with those of what others wrote.
	licences   = "THIRD_PARTY_LICENSES"
	sbomEnding = ".sbom.json"
	manifest   = "batch.yaml"
	checksums  = "checksums.txt"
)

// folder is where the files go. It holds those of one release and nothing else, so
// that all of it can be published.
type folder struct {
	path string
	sums map[string]string // the SHA-256 of every file, in hex
}

// openFolder makes the folder, or empties it of another release. A file that no
// release has stays, and is an error.
func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // for everybody to read
		return nil, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if !released(entry) {
			return nil, fmt.Errorf("%s in %s is not part of a release; use another directory", entry.Name(), path)
		}
	}
	for _, entry := range entries {
		if err := os.Remove(filepath.Join(path, entry.Name())); err != nil {
			return nil, err
		}
	}
	return &folder{path: path, sums: map[string]string{}}, nil
}

// released says whether something looks like a file of a release.
func released(entry os.DirEntry) bool {
	name := entry.Name()
	ours := strings.HasPrefix(name, "kubectl-batch_") &&
		(strings.HasSuffix(name, archiveEnding) || strings.HasSuffix(name, sbomEnding))
	return entry.Type().IsRegular() && (ours || name == manifest || name == checksums)
}

func (f *folder) write(name string, data []byte) error {
	f.sums[name] = embedded.Hash(data)
	return os.WriteFile(filepath.Join(f.path, name), data, 0o644) //nolint:gosec // for everybody to read
}

func (f *folder) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(f.path, name)) //nolint:gosec // the folder is the one that was asked for
}

// writeChecksums writes the list that sha256sum -c reads.
func (f *folder) writeChecksums() error {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.sums)) {
		fmt.Fprintf(&lines, "%s  %s\n", f.sums[name], name)
	}
	return f.write(checksums, []byte(lines.String()))
}
