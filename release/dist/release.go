package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/release/build"
	"github.com/kubectl-batch/kubectl-batch/release/notices"
	"github.com/kubectl-batch/kubectl-batch/release/sbom"
	"github.com/kubectl-batch/kubectl-batch/release/targz"
)

// release is a release that is being created.
type release struct {
	flags
	source   build.Source
	compiler build.Compiler
	agents   build.Agents
	inside   []sbom.Program
	license  []byte
	template []byte
	out      *folder
	log      io.Writer
}

// newRelease reads the work tree, which is the working directory.
func newRelease(ctx context.Context, f flags, scratch string, log io.Writer) (*release, error) {
	tree, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	r := &release{flags: f, log: log, compiler: build.Compiler{Folder: tree, Scratch: scratch, Output: log}}
	if r.license, err = os.ReadFile("LICENSE"); err != nil {
		return nil, fmt.Errorf("run this command in the top directory of the work tree: %w", err)
	}
	if r.template, err = os.ReadFile(".krew.yaml"); err != nil {
		return nil, err
	}
	r.source, err = build.ReadSource(ctx, tree, os.Getenv("SOURCE_DATE_EPOCH"), f.commit)
	if err != nil {
		return nil, err
	}
	r.out, err = openFolder(f.out)
	return r, err
}

// build creates all files. The checksums are last: if they exist, the release is complete.
func (r *release) build(ctx context.Context) error {
	commit := r.source.Commit
	if commit == "" {
		commit = "unknown"
	}
	r.report("kubectl-batch %s from commit %s, %s", r.version, commit, r.source.Time.Format("2006-01-02 15:04:05 MST"))
	if err := r.makeAgents(ctx); err != nil {
		return err
	}
	for _, p := range r.platforms {
		if err := r.makePlatform(ctx, p); err != nil {
			return err
		}
	}
	if len(r.platforms) < len(build.Platforms()) {
		r.report("skipped %s, which requires all platforms", manifest)
	} else if err := r.makeManifest(); err != nil {
		return err
	}
	return r.out.writeChecksums()
}

func (r *release) makeAgents(ctx context.Context) (err error) {
	if r.agents, err = r.compiler.Agents(ctx); err != nil {
		return err
	}
	for _, file := range r.agents.Programs {
		program, _, err := describe("batch-agent", file)
		if err != nil {
			return err
		}
		r.inside = append(r.inside, program)
	}
	return nil
}

// makePlatform makes the archive and the SBOM of one platform.
func (r *release) makePlatform(ctx context.Context, p build.Platform) error {
	file := filepath.Join(r.compiler.Scratch, p.Program())
	if err := r.compiler.Plugin(ctx, p, r.version, r.source.Commit, r.agents, file); err != nil {
		return err
	}
	program, content, err := describe("kubectl-batch", file)
	if err != nil {
		return err
	}
	others, err := r.notices(ctx, program)
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	err = targz.Pack(&archive, r.source.Time,
		targz.Entry{Name: p.Program(), Mode: 0o755, Data: content},
		targz.Entry{Name: "LICENSE", Mode: 0o644, Data: r.license},
		targz.Entry{Name: licences, Mode: 0o644, Data: others})
	if err != nil {
		return err
	}
	name := p.Archive(r.version)
	if err := r.out.write(name+archiveEnding, archive.Bytes()); err != nil {
		return err
	}
	r.report("%s: %.1f MB, %.1f MB unpacked", name+archiveEnding, megabytes(archive.Len()), megabytes(len(content)))
	return r.makeSBOM(name, program)
}

// notices returns the licences of third-party code in a program, and in the programs that it contains.
func (r *release) notices(ctx context.Context, program sbom.Program) ([]byte, error) {
	programs := []*debug.BuildInfo{program.Info}
	for _, inner := range r.inside {
		programs = append(programs, inner.Info)
	}
	sources, err := r.compiler.Sources(ctx, notices.Paths(programs...))
	if err != nil {
		return nil, err
	}
	return notices.Text(sources, programs...)
}

func (r *release) makeSBOM(name string, program sbom.Program) error {
	document, err := sbom.Document(sbom.Release{
		Program: program, Version: r.version, Time: r.source.Time, Inside: r.inside,
		Archive: name + archiveEnding, ArchiveSHA256: r.out.sums[name+archiveEnding],
	})
	if err != nil {
		return err
	}
	return r.out.write(name+sbomEnding, document)
}

// describe reads a program, and what the go command recorded in it.
func describe(name, file string) (program sbom.Program, content []byte, err error) {
	if content, err = os.ReadFile(file); err != nil { //nolint:gosec // it was built just before
		return sbom.Program{}, nil, err
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		return sbom.Program{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	return sbom.Program{Name: name, SHA256: embedded.Hash(content), Info: info}, content, nil
}

func (r *release) report(format string, args ...any) { _, _ = fmt.Fprintf(r.log, format+"\n", args...) }

func megabytes(n int) float64 { return float64(n) / 1e6 }
