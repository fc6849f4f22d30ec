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
	// licences is the file in an archive with the licences of third-party code.
	licences   = "THIRD_PARTY_LICENSES"
	sbomEnding = ".sbom.json"
	manifest   = "batch.yaml"
	checksums  = "checksums.txt"
)

// folder is the output directory. It contains the files of one release only, so
// that its whole content can be published.
type folder struct {
	path string
	sums map[string]string // the SHA-256 of every file, in hex
}

// openFolder creates the directory, or deletes the files of another release. Any other file
// is kept and causes an error.
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

// released reports whether a name is that of a release file.
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
