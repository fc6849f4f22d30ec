package fetch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// parseTarget parses the source, unless jobs are selected by flags, and then the PATHs.
func (p *parser) parseTarget() error {
	paths := p.args
	if p.several() {
		if err := p.checkPaths(); err != nil {
			return err
		}
	} else {
		paths = p.args[1:]
		if err := parseSource(p.factory, p.args[0], p.request); err != nil {
			return err
		}
	}
	if slices.Contains(paths, "") {
		return errors.New("invalid argument \"\": PATH must not be empty; use / for the whole volume")
	}
	p.request.Paths = paths
	return p.request.CheckPaths(p.factory)
}

// parseSource parses JOB, pvc/NAME or s3://BUCKET/PREFIX.
func parseSource(f *factory.Factory, arg string, request *results.Request) (err error) {
	if strings.HasPrefix(arg, s3.Scheme) {
		if request.Stored, err = s3.ParseLocation(arg); err != nil {
			return fmt.Errorf("invalid argument %q: %w", arg, err)
		}
		return nil
	}
	if strings.HasPrefix(arg, "s3:") || strings.Contains(arg, "://") {
		return fmt.Errorf("invalid argument %q: must be JOB (%s), pvc/NAME or s3://BUCKET/PREFIX", arg, job.Accepted)
	}
	kind, name, ok := strings.Cut(arg, "/")
	if !ok || !isClaimKind(kind) {
		request.Job, err = job.ParseRef(arg)
		if wrong, ok := errors.AsType[*job.RefError](err); ok {
			wrong.Accepted = "JOB (" + job.Accepted + "), pvc/NAME or s3://BUCKET/PREFIX"
		}
		return err
	}
	if bare, path, ok := strings.Cut(arg, ":"); ok {
		return fmt.Errorf("invalid argument %q: PATH must be a separate argument; run \"%s\"", arg, f.Line("fetch", bare, path))
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("invalid claim name %q: %s", name, spelling.Rule(problems))
	}
	request.Claim = name
	return nil
}

func isClaimKind(kind string) bool {
	return slices.Contains([]string{"pvc", "pvcs", "persistentvolumeclaim", "persistentvolumeclaims"}, strings.ToLower(kind))
}

// checkPaths returns an error if a job is named although flags select jobs. A path that could be the name of a job must
// be written as ./PATH.
func (p *parser) checkPaths() error {
	for _, arg := range p.args {
		kind, _, _ := strings.Cut(arg, "/")
		if _, err := job.ParseRef(arg); err == nil || isClaimKind(kind) {
			return fmt.Errorf("job names and %s are mutually exclusive; if %q is a PATH, use ./%s", p.request.Selecting[0], arg, arg)
		}
	}
	return nil
}
