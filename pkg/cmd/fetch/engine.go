package fetch

import (
	"errors"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
)

// Engine is how files are copied, whichever they are.
type Engine struct {
	// Checksum compares what is here by content, and not by size and time.
	Checksum bool
	// Filter says what to copy. Its zero value is everything.
	Filter gitignore.Filter
	// KeepLinks recreates symlinks that lead out of the results; else they are skipped.
	KeepLinks bool
	// Mark records the results as fetched also where a part of them was selected.
	Mark bool
	// Parallel is how many streams run side by side; 0 leaves that to the engine.
	Parallel int
	// Compress is auto, zstd, s2 or none.
	Compress string
	// LimitRate is in bytes a second on the wire; 0 for no limit.
	LimitRate int64
	// Plan says what would come, and copies nothing.
	Plan bool
	// Retries is how often in a row a lost stream is opened again; 0 is never.
	Retries int
	// Timeout bounds the whole command; 0 for no bound.
	Timeout time.Duration
	// Transport is auto, tunnel, exec or tar.
	Transport string
	// Via is where in a bucket the files pass through; without a bucket they come directly.
	Via s3.Location
	// ViaFrom is what says so: a flag, or a variable of the environment.
	ViaFrom string
	// To is where in a bucket the files end; without a bucket they end here.
	To s3.Location
	// Store is how the bucket is reached.
	Store s3.Options
	// KeepObjects leaves what passed through the bucket there.
	KeepObjects bool
	// KeepHelper leaves the helper pod there.
	KeepHelper bool
	// Manifest is a file for the lines of sha256sum; empty for none.
	Manifest string
}

const (
	// auto leaves a choice to what is measured.
	auto = "auto"
	// defaultRetries, with a pause before each that doubles, are half a minute in
	// all: what a network or a node may take to come back.
	defaultRetries = 5
	// mostStreams is where more only wait for each other.
	mostStreams = 64
	// mostRetries keeps the pauses within a day.
	mostRetries = 100
)

func compressions() []string { return []string{auto, "zstd", "s2", "none"} }

// What --links can be.
const (
	skipLinks = "skip"
	keepLinks = "keep"
)

func linkModes() []string { return []string{skipLinks, keepLinks} }

func transports() []string { return []string{auto, "tunnel", "exec", "tar"} }

// toEngine parses what was typed. Its errors name flag and value.
func (o *Flags) toEngine() (Engine, error) {
	e := Engine{
		Checksum: o.Checksum, Parallel: o.Parallel, Compress: o.Compress, Plan: o.Plan, Retries: o.Retries,
		Transport: o.Transport, KeepHelper: o.KeepHelper, Manifest: o.Manifest, KeepLinks: o.Links == keepLinks, Mark: o.Mark,
	}
	var errs [8]error
	e.Filter, errs[0] = gitignore.ParseFilter(o.Include, o.Exclude)
	e.LimitRate, errs[1] = parseRate(o.LimitRate)
	e.Timeout, errs[2] = parseTimeout(o.Timeout)
	errs[3] = oneOf("--compress", o.Compress, compressions()...)
	errs[4] = oneOf("--transport", o.Transport, transports()...)
	errs[5] = o.checkNumbers()
	errs[6] = o.parseVia(&e)
	errs[7] = oneOf("--links", o.Links, linkModes()...)
	for _, err := range errs {
		if err != nil {
			return Engine{}, exit.With(exit.Usage, err)
		}
	}
	return e, o.checkTogether()
}

func (o *Flags) checkNumbers() error {
	switch {
	case o.Parallel < 0 || o.Parallel > mostStreams:
		return exit.Usagef("invalid value \"%d\" for --parallel: must be a number from 1 to %d", o.Parallel, mostStreams)
	case o.Retries < 0 || o.Retries > mostRetries:
		return exit.Usagef("invalid value \"%d\" for --retries: must be a number from 0 to %d", o.Retries, mostRetries)
	}
	return nil
}

// checkTogether refuses what cannot be had together.
func (o *Flags) checkTogether() error {
	info, err := os.Stat(o.Manifest)
	switch {
	case o.Plan && o.Manifest != "":
		return exit.Usagef("--plan and --manifest=%s are mutually exclusive: --plan copies no files", o.Manifest)
	case o.Plan && o.Transport == "tar":
		return exit.Usagef("--plan and --transport=tar are mutually exclusive: tar cannot list files without copying them")
	case o.Manifest != "" && o.several():
		return exit.Usagef("--manifest=%s requires a single job; use the argument JOB", o.Manifest)
	case o.Manifest != "" && err == nil && info.IsDir():
		return exit.Usagef("invalid value %q for --manifest: must be a file, not a directory", o.Manifest)
	}
	return nil
}

func oneOf(flag, text string, choices ...string) error {
	if slices.Contains(choices, text) {
		return nil
	}
	last := len(choices) - 1
	return exit.Usagef("invalid value %q for %s: must be %s or %s", text, flag, strings.Join(choices[:last], ", "), choices[last])
}

// rateForm is a number and a unit, of 1000 or with an i of 1024.
var rateForm = regexp.MustCompile(`^(\d+(?:\.\d+)?)([kKMG]i?)?$`)

// parseRate reads bytes a second; nothing is 0, no limit.
func parseRate(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	part := rateForm.FindStringSubmatch(text)
	if part == nil {
		return 0, exit.Usagef("invalid value %q for --limit-rate: must be bytes per second, such as 10M, 1.5G or 512Ki", text)
	}
	rate, err := strconv.ParseFloat(part[1], 64)
	switch rate *= unit(part[2]); {
	case err != nil || rate > math.MaxInt64/2:
		return 0, exit.Usagef("invalid value %q for --limit-rate: the number is too large", text)
	case rate < 1:
		return 0, exit.Usagef("invalid value %q for --limit-rate: must be at least 1 byte per second", text)
	}
	return int64(rate), nil
}

func unit(name string) float64 {
	base := 1000.0
	if strings.HasSuffix(name, "i") {
		base = 1024
	}
	if name == "" {
		return 1
	}
	return math.Pow(base, float64(strings.Index("KMG", strings.ToUpper(name[:1]))+1))
}

// errTimeout is the cause of the end that --timeout brings.
var errTimeout = errors.New("timed out")

func parseTimeout(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	timeout, err := duration.Parse(text)
	if err != nil {
		return 0, exit.Usagef("invalid value %q for --timeout: %w", text, err)
	}
	if timeout == 0 {
		return 0, exit.Usagef("invalid value %q for --timeout: must be more than 0; without --timeout, there is no time limit", text)
	}
	return timeout, nil
}
