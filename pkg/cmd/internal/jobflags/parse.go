package jobflags

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// Arguments are the arguments besides flags.
type Arguments struct {
	// Name of the job; "" if it has to be derived.
	Name string
	// Repeat is the job to run again; "" for a new one.
	Repeat job.Ref
	// Command is what follows --; HasCommand says that -- was typed.
	Command    []string
	HasCommand bool
}

// ParseArguments divides the arguments into NAME and the command after --. dash is the position of -- in args, -1 for
// none; verb is the command that messages name.
func ParseArguments(args []string, dash int, verb string) (Arguments, error) {
	parsed, before := Arguments{HasCommand: dash >= 0}, args
	if dash >= 0 {
		before, parsed.Command = args[:dash], args[dash:]
	}
	if len(before) > 1 {
		image := ""
		if verb == "run" {
			image = "--image=IMAGE "
		}
		return parsed, exit.Usagef("unexpected argument %q; put a command after --: \"%s %s %s-- %s\"",
			before[1], verb, before[0], image, strings.Join(before[1:], " "))
	}
	if len(before) == 1 {
		parsed.Name = before[0]
	}
	return parsed, nil
}

// parser fills a request from the flags.
type parser struct {
	factory   *factory.Factory
	arguments Arguments
	// request must not be changed after parsing.
	request jobrun.Request
	// job is request.Submission.
	job *submit.Request
	// stdinUsed says that a flag has read stdin.
	stdinUsed bool
}

// ToRequest parses every string once. All its errors are about the command line, the local files that it names, or
// the kubeconfig.
func (o *Flags) ToRequest(f *factory.Factory, arguments Arguments, fetcher jobrun.Fetcher) (*jobrun.Request, error) {
	if o.Output.Quiet {
		quiet := *f
		quiet.Quiet = true
		f = &quiet
	}
	client, namespace, err := f.Cluster()
	if err != nil {
		return nil, err
	}
	p := &parser{factory: f, arguments: arguments, request: jobrun.Request{Factory: f, Client: client}}
	p.job = &p.request.Submission
	p.job.Namespace = namespace
	p.job.Spec.Name = arguments.Name
	p.job.Base.Repeat = arguments.Repeat
	p.job.S3Secret = o.Container.S3Secret
	p.request.After.Fetcher = fetcher
	for _, parse := range []func(*parser) error{
		o.Base.parse, (*parser).checkName, o.Output.parse, o.Container.parse, o.Resources.parse, o.Storage.parse,
		o.Lifecycle.parse, o.Scheduling.parse, o.After.parse, (*parser).checkMountPaths,
	} {
		if err := parse(p); err != nil {
			return nil, exit.With(exit.Usage, err)
		}
	}
	return &p.request, nil
}

// checkName returns an error for a missing or invalid name.
func (p *parser) checkName() error {
	base := p.job.Base
	derived := p.job.GenerateName || base.Repeat != "" || base.Job != nil && base.Job.Name+base.Job.GenerateName != ""
	if p.job.Spec.Name == "" && !derived {
		return errors.New("missing argument NAME; use --generate-name to generate a name")
	}
	if p.job.Spec.Name != "" && !p.job.GenerateName {
		return submit.CheckName(p.job.Spec.Name)
	}
	return nil
}

func (p *parser) checkMountPaths() error { return p.job.CheckMountPaths() }

func (p *parser) note(lines ...string) { p.request.Notes = append(p.request.Notes, lines...) }

// addReference records that a flag names an object.
func (p *parser) addReference(flag string, kind submit.Kind, name string) error {
	p.job.References.Add(submit.Reference{Source: flag, Kind: kind, Name: name})
	return labelvalue.CheckObjectName(flag, name, name)
}

// readFile returns the content of a local file, or of stdin for -. It reads no more than it needs to find that the
// content is too large.
func (p *parser) readFile(name string, limit int) ([]byte, error) {
	input := p.factory.Streams.In
	if name == "-" {
		if p.stdinUsed {
			return nil, errors.New("another flag already reads stdin")
		}
		p.stdinUsed = true
	} else {
		file, err := os.Open(name)
		if err != nil {
			return nil, flagvalue.WithoutPath(err)
		}
		defer func() { _ = file.Close() }() // it is only read
		input = file
	}
	data, err := io.ReadAll(io.LimitReader(input, int64(limit)+1))
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if len(data) > limit {
		return nil, tooLarge(limit)
	}
	return data, flagvalue.WithoutPath(err)
}

// byteOrderMark is what some editors write at the beginning of a file.
const byteOrderMark = "\ufeff"

// manifestLimit is more than the API server accepts for all objects of a manifest.
const manifestLimit = 16 << 20

// tooLarge returns the error for a file that is larger than its object in the cluster can be.
func tooLarge(limit int) error {
	if limit == spec.MostBytes {
		return errors.New("file is larger than 1 MiB, the limit of a ConfigMap or Secret; put it into the image, or on a volume (--pvc)")
	}
	return fmt.Errorf("file is larger than %d MiB", limit>>20)
}
