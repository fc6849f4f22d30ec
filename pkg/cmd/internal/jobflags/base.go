package jobflags

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// baseFlags select the job that the other flags change.
type baseFlags struct {
	Files        []string
	CronJob      string
	GenerateName bool
}

// AddTo declares the flags.
func (o *baseFlags) AddTo(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.Files, "filename", "f", nil, "Manifest with the job, or - for stdin; flags change the job, and other objects in the manifest are created if they do not exist")
	flags.StringVar(&o.CronJob, "from", "", "Run the job of a CronJob now, as `cronjob/NAME`; flags change the job")
	flags.BoolVar(&o.GenerateName, "generate-name", false, "Add a unique suffix to NAME (default NAME: that of the manifest, the CronJob or the image)")
}

// Complete sets the completion of the flags.
func (*baseFlags) Complete(f *factory.Factory, cmd *cobra.Command) {
	complete.Flags(cmd, map[string]complete.Func{"filename": complete.Manifests, "from": complete.CronJobs(f)})
}

func (o *baseFlags) parse(p *parser) error {
	p.job.GenerateName = o.GenerateName
	switch {
	case len(o.Files) > 0 && o.CronJob != "":
		return errors.New("-f and --from are mutually exclusive")
	case len(o.Files) > 1:
		return fmt.Errorf("-f %s and -f %s: only one manifest is allowed; put all objects into one file, separated by ---", o.Files[0], o.Files[1])
	case o.CronJob != "":
		return o.parseCronJob(p)
	case len(o.Files) == 0:
		return nil
	}
	data, err := p.readFile(o.Files[0], manifestLimit)
	if err == nil {
		p.job.Base, err = submit.ParseManifest(data, p.job.Namespace)
	}
	if err != nil {
		return fmt.Errorf("-f %s: %w", o.Files[0], err)
	}
	return nil
}

func (o *baseFlags) parseCronJob(p *parser) error {
	kind, name, _ := strings.Cut(o.CronJob, "/")
	switch strings.ToLower(kind) {
	case "cronjob", "cronjobs", "cj", "cronjob.batch", "cronjobs.batch":
		p.job.Base.CronJob = name
		return labelvalue.CheckObjectName("--from", o.CronJob, name)
	}
	return fmt.Errorf("invalid value %q for --from: must be cronjob/NAME", o.CronJob)
}
