// Package jobflags has the flags of run and rerun that describe a job. It parses them, once, into a request.
package jobflags

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
)

// Flags are the values of the flags, as typed.
type Flags struct {
	Container  containerFlags
	Resources  resourceFlags
	Storage    storageFlags
	Lifecycle  lifecycleFlags
	Scheduling schedulingFlags
	Base       baseFlags
	After      afterFlags
	Output     outputFlags
}

// New returns flags without values.
func New() *Flags {
	return &Flags{Output: outputFlags{Print: genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme)}}
}

// AddFlags declares the flags below their headings. addOwn declares the flags of one verb, below the given heading.
func (o *Flags) AddFlags(f *factory.Factory, cmd *cobra.Command, heading string, addOwn func(*pflag.FlagSet)) {
	flags := cmd.Flags()
	flaghelp.AddSection(flags, "Container", o.Container.addTo)
	flaghelp.AddSection(flags, "Resources", o.Resources.addTo)
	flaghelp.AddSection(flags, "Storage", o.Storage.addTo)
	flaghelp.AddSection(flags, "Lifecycle", o.Lifecycle.addTo)
	flaghelp.AddSection(flags, "Scheduling", o.Scheduling.addTo)
	flaghelp.AddSection(flags, "S3 credentials", o.Container.addS3To)
	flaghelp.AddSection(flags, heading, addOwn)
	flaghelp.AddSection(flags, "Waiting for the job", o.After.addTo)
	printing := &cobra.Command{}
	o.Output.Print.AddFlags(printing)
	flaghelp.AddSection(flags, "Output", func(flags *pflag.FlagSet) {
		o.Output.addTo(flags)
		flags.AddFlagSet(printing.Flags())
	})
	o.completeFlags(f, cmd)
}
