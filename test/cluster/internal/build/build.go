package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// reportInterval is the time between two lines of progress.
const reportInterval = 15 * time.Second

// Builder builds into Cache and reports slow work to Say.
type Builder struct {
	Cache string
	Say   func(format string, args ...any)
}

// Target is a component and the directory of its binaries.
type Target struct {
	Component

	Out   string // the directory
	Built bool   // Out holds exactly the binaries that the component's pins and sources produce
}

// Targets finds out what is built. It builds nothing.
func (b Builder) Targets(ctx context.Context, components []Component) ([]Target, error) {
	var targets []Target
	for _, c := range components {
		toolchain, err := c.goVersion(ctx)
		if err != nil {
			return nil, err
		}
		key, err := Key(c, toolchain)
		if err != nil {
			return nil, err
		}
		out := filepath.Join(b.Cache, c.Name+"-"+key)
		_, err = os.Stat(out)
		targets = append(targets, Target{Component: c, Out: out, Built: err == nil})
	}
	return targets, nil
}

// Missing returns the targets that are not built.
func Missing(targets []Target) []Target {
	var missing []Target
	for _, t := range targets {
		if !t.Built {
			missing = append(missing, t)
		}
	}
	return missing
}

// Estimate returns the approximate time to build the targets on this machine
// while no package is compiled yet. More than four processors hardly help:
// packages wait for those that they import.
func Estimate(targets []Target) time.Duration {
	var cost time.Duration
	for _, t := range targets {
		cost += t.CPU
	}
	return cost / time.Duration(min(4, runtime.NumCPU()))
}

// Names lists the targets for a message.
func Names(targets []Target) string {
	var names []string
	for _, t := range targets {
		names = append(names, t.Name)
	}
	return strings.Join(names, ", ")
}

// Build builds the targets in their order. While it compiles one, it downloads
// the modules of the next.
func (b Builder) Build(ctx context.Context, targets []Target) error {
	p := newProgress(Estimate(targets))
	defer p.report(b.Say, reportInterval)()
	loaded := make(chan job, len(targets))
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(loaded)
		for _, t := range targets {
			packages, err := download(ctx, t.Component, p)
			if err != nil {
				return fmt.Errorf("downloading the modules of %s: %w", t.Name, err)
			}
			loaded <- job{t, packages}
		}
		return nil
	})
	group.Go(func() error {
		for j := range loaded {
			if err := b.build(ctx, j, p); err != nil {
				return fmt.Errorf("building %s: %w", j.Name, err)
			}
		}
		return nil
	})
	return group.Wait()
}

// job is a target whose modules are downloaded.
type job struct {
	Target

	packages map[string]bool // all that the binaries consist of
}

// download fetches the modules that the component needs and returns the
// packages that it consists of. Listing packages downloads fewer modules than
// "go mod download".
func download(ctx context.Context, c Component, p *progress) (map[string]bool, error) {
	p.startDownload(c.Name)
	defer p.endDownload()
	observe := func(line string) bool {
		isDownload := strings.HasPrefix(line, "go: downloading ")
		if isDownload {
			p.addModule()
		}
		return isDownload
	}
	out, err := c.runGo(ctx, observe, append([]string{"list", "-deps", "-tags", c.Tags}, c.Packages...)...)
	packages := map[string]bool{}
	for pkg := range strings.FieldsSeq(out) {
		packages[pkg] = true
	}
	return packages, err
}

// build works in a directory of another name, so that a build that was cut off
// never counts as done.
func (b Builder) build(ctx context.Context, j job, p *progress) error {
	if err := os.MkdirAll(b.Cache, 0o755); err != nil {
		return err
	}
	temp := j.Out + ".part"
	if err := errors.Join(os.RemoveAll(temp), os.Mkdir(temp, 0o755)); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	if err := compile(ctx, j, temp, p); err != nil {
		return err
	}
	for _, link := range j.Links {
		if err := os.Symlink(j.Name, filepath.Join(temp, link)); err != nil {
			return err
		}
	}
	return os.Rename(temp, j.Out)
}

func compile(ctx context.Context, j job, out string, p *progress) error {
	p.startCompile(j.Name, len(j.packages))
	defer p.endCompile()
	observe := func(line string) bool { // -v prints each package that Go has not compiled before
		if j.packages[line] {
			p.addPackage()
		}
		return j.packages[line] || line == ""
	}
	version := func(module string) string { return j.moduleVersion(ctx, module) }
	args := []string{
		"build", "-v", "-trimpath", "-buildvcs=false", "-tags", j.Tags,
		"-ldflags", j.ldflags(version), "-o", out + string(filepath.Separator),
	}
	_, err := j.runGo(ctx, observe, slices.Concat(args, compilerFlags(), j.Packages)...)
	return err
}
