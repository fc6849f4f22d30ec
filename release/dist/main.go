// Dist builds the files of a release: an archive and a list of contents (SBOM) for
// each platform, the manifest for krew, and the checksums of all of them. Run it with
// make dist.
//
// The same commit, version and Go give the same files, to the byte.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/kubectl-batch/kubectl-batch/release/build"
	"github.com/kubectl-batch/kubectl-batch/release/krew"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// flags are what was typed.
type flags struct {
	version, commit, out string
	platforms            []build.Platform
}

func parse(args []string, out io.Writer) (flags, error) {
	var f flags
	var platforms string
	set := flag.NewFlagSet("dist", flag.ContinueOnError)
	set.SetOutput(out)
	set.StringVar(&f.version, "version", "", "version and tag, such as v1.2.3")
	set.StringVar(&f.commit, "commit", "", "commit that is built (default: commit of the git checkout)")
	set.StringVar(&f.out, "out", "dist", "output directory; files of another release in it are deleted")
	set.StringVar(&platforms, "platforms", "", "platforms to build, as OS/ARCH,OS/ARCH, without a krew manifest (default: all, with a manifest)")
	err := set.Parse(args)
	if err != nil {
		return flags{}, err
	}
	if set.NArg() > 0 {
		return flags{}, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	if err := checkVersion(f.version); err != nil {
		return flags{}, fmt.Errorf("-version: %w", err)
	}
	f.platforms, err = build.ParsePlatforms(platforms)
	return f, err
}

// checkVersion wants what krew and Go both take for a version.
func checkVersion(version string) error {
	if strings.Contains(version, "+") {
		return fmt.Errorf("%q contains \"+\", which Go does not accept in a version tag", version)
	}
	return krew.CheckVersion(version)
}

func run(ctx context.Context, args []string, log io.Writer) error {
	f, err := parse(args, log)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "kubectl-batch-dist-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	r, err := newRelease(ctx, f, scratch, log)
	if err != nil {
		return err
	}
	return r.build(ctx)
}
