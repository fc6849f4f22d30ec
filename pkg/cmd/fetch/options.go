package fetch

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/gitignore"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// ToOptions parses the flags and args into a complete request, with clients of the cluster if the source requires it.
func (o *Flags) ToOptions(f *factory.Factory, args []string) (*Options, error) {
	options := &Options{factory: f, several: o.several(), unfetched: o.Unfetched, mode: ui.Mode(o.Progress), json: o.Output == "json"}
	options.request = results.Request{
		Patterns: slices.Concat(o.Include, o.Exclude), KeepLinks: o.Links == keepLinks, Anyway: o.Anyway, Mark: o.Mark, Plan: o.Plan,
		Dir: o.Dir, Force: o.Force, Checksum: o.Checksum, Manifest: o.Manifest,
		Transfer: results.Transfer{Transport: o.Transport, Compress: o.Compress, Parallel: o.Parallel, Retries: o.Retries},
	}
	p := &parser{Flags: o, factory: f, args: args, options: options, request: &options.request}
	for _, parse := range []func() error{
		p.parseFilter, p.parseTransfer, p.checkValues, p.parseBucket, p.checkConflicts,
		p.parseSelection, p.parseTarget, p.checkStored, p.parseTasks, p.parseHelper, p.checkOutput,
	} {
		if err := parse(); err != nil {
			return nil, exit.With(exit.Usage, err)
		}
	}
	if options.request.Stored.Bucket != "" {
		return options, nil
	}
	return options, options.connect()
}

// several reports whether flags select the jobs, so that no argument names one.
func (o *Flags) several() bool { return o.Select.Typed() || o.Unfetched }

// parser parses the flags and arguments into a request.
type parser struct {
	*Flags
	factory *factory.Factory
	args    []string
	options *Options
	request *results.Request
}

func (o *Options) connect() error {
	client, namespace, err := o.factory.Cluster()
	if err != nil {
		return err
	}
	o.client = client
	o.request.Namespace = o.selection.Namespace(namespace)
	o.executor, err = o.factory.Client.Executor()
	return err
}

func (p *parser) parseFilter() (err error) {
	p.request.Filter, err = gitignore.ParseFilter(p.Include, p.Exclude)
	return err
}

// parseTransfer parses the limits of rate and time.
func (p *parser) parseTransfer() (err error) {
	if p.request.Transfer.LimitRate, err = quantity.Rate("--limit-rate", p.LimitRate); err != nil {
		return err
	}
	p.options.timeout, err = flagvalue.ParseTimeLimit("--timeout", p.Timeout)
	return err
}

func (p *parser) checkValues() error {
	if err := flagvalue.CheckChoice("--compress", p.Compress, compressions()...); err != nil {
		return err
	}
	return flagvalue.CheckChoice("--transport", p.Transport, transports()...)
}

// checkConflicts checks --links, and returns an error for flags that cannot be combined.
func (p *parser) checkConflicts() error {
	if err := flagvalue.CheckChoice("--links", p.Links, linkModes()...); err != nil {
		return err
	}
	info, err := os.Stat(p.Manifest)
	switch {
	case p.Plan && p.Manifest != "":
		return fmt.Errorf("--plan and --manifest=%s are mutually exclusive: --plan copies no files", p.Manifest)
	case p.Plan && p.Transport == "tar":
		return errors.New("--plan and --transport=tar are mutually exclusive: tar cannot list files without copying them")
	case p.Manifest != "" && p.several():
		return fmt.Errorf("--manifest=%s requires a single job; use the argument JOB", p.Manifest)
	case p.Manifest != "" && err == nil && info.IsDir():
		return fmt.Errorf("invalid value %q for --manifest: must be a file, not a directory", p.Manifest)
	}
	return nil
}

// parseSelection parses the flags that select jobs. --unfetched is required to fetch all jobs of a namespace.
func (p *parser) parseSelection() (err error) {
	p.request.Selecting = p.Select.Words()
	if p.Unfetched {
		p.request.Selecting = append([]string{"--unfetched"}, p.request.Selecting...)
	}
	p.options.selection, err = p.Select.Parse(0)
	if err == nil && p.several() && !p.Unfetched && !p.Select.Narrows() {
		err = fmt.Errorf("%s selects all jobs; use it with --unfetched, -l or --mine", p.request.Selecting[0])
	}
	return err
}

func (p *parser) parseTasks() (err error) {
	if p.Task != "" && p.request.Claim != "" {
		return fmt.Errorf("--task=%s requires a job: the directories of tasks are unknown for a claim; use the directory as PATH", p.Task)
	}
	p.request.Tasks, err = results.ParseTasks(p.Task)
	return err
}

func (p *parser) parseHelper() (err error) {
	p.request.Helper, err = p.Helper.Parse(p.factory)
	return err
}

func (p *parser) checkOutput() error {
	if err := flagvalue.CheckFormat(p.Output, "json"); err != nil {
		return err
	}
	return flagvalue.CheckChoice("--progress", p.Progress, progresses()...)
}

// The values of --links.
const (
	skipLinks = "skip"
	keepLinks = "keep"
)

func compressions() []string { return []string{results.Auto, "zstd", "s2", "none"} }
func linkModes() []string    { return []string{skipLinks, keepLinks} }
func transports() []string   { return []string{results.Auto, "tunnel", "exec", "tar"} }
func progresses() []string   { return []string{string(ui.Auto), string(ui.Events), string(ui.Quiet)} }
