package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/kubectl-batch/kubectl-batch/release/krew"
)

// plugin is what krew calls this one.
const plugin = "batch"

// downloads is the URL of the archives, without the tag.
const downloads = "https://github.com/kubectl-batch/kubectl-batch/releases/download/"

// makeManifest renders krew's manifest. It is only written if krew would take it and
// could install every archive.
func (r *release) makeManifest() error {
	rendered, err := krew.Render(r.template, r.version, r.sum)
	if err != nil {
		return err
	}
	m, err := krew.Decode(rendered)
	if err != nil {
		return err
	}
	if err := krew.Check(plugin, m); err != nil {
		return fmt.Errorf(".krew.yaml violates the rules of krew: %w", err)
	}
	for _, p := range r.platforms {
		if err := r.install(m, krew.Machine(p), p.Archive(r.version)+archiveEnding); err != nil {
			return err
		}
	}
	return r.out.write(manifest, rendered)
}

// sum is the hash of the archive that will be at uri.
func (r *release) sum(uri string) (string, error) {
	name := path.Base(uri)
	sum, ok := r.out.sums[name]
	if !ok || uri != downloads+r.version+"/"+name {
		return "", fmt.Errorf(".krew.yaml has the uri %s, which is not a file of this release", uri)
	}
	return sum, nil
}

// install tries an archive as krew would use it.
func (r *release) install(m krew.Manifest, machine krew.Machine, name string) error {
	archive, err := r.out.read(name)
	if err != nil {
		return err
	}
	folder := filepath.Join(r.compiler.Scratch, "krew")
	if err := os.Mkdir(folder, 0o700); err != nil { //nolint:gosec // below our own folder
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() //nolint:gosec // the same
	return krew.Install(m, machine, archive, folder)
}
