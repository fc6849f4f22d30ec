// Package submit is what run and rerun share: the flags that say what a job is
// to be, and the making of it. Whatever fails half way leaves nothing behind
// that it made.
package submit

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/sweep"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/section"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// Fetch is the verb fetch, which the root command hands in: a verb never imports a verb.
type Fetch struct {
	// Ready reports what would keep every fetch from its work, before there is a job.
	Ready func(context.Context) error
	// Results copies those of a finished job, also where it does not exist any more.
	Results func(ctx context.Context, job *batchv1.Job, how Fetching) error
}

// Fetching is how results are fetched: to Dir, "" for ./JOB.
type Fetching struct {
	Dir         string
	JSON, Quiet bool
}

// Flags is what was typed.
type Flags struct {
	Container  containerFlags
	Resources  resourceFlags
	Storage    storageFlags
	Lifecycle  lifecycleFlags
	Scheduling schedulingFlags
	Base       baseFlags
	Then       thenFlags
	Output     outputFlags
}

// NewFlags returns flags with nothing typed.
func NewFlags() *Flags {
	return &Flags{Output: outputFlags{Print: genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme)}}
}

// AddFlags declares the flags under their headings. own declares the flags of one verb, under
// the given heading.
func (o *Flags) AddFlags(f *factory.Factory, cmd *cobra.Command, heading string, own func(*pflag.FlagSet)) {
	flags := cmd.Flags()
	section.Add(flags, "Container", o.Container.addTo)
	section.Add(flags, "Resources", o.Resources.addTo)
	section.Add(flags, "Storage", o.Storage.addTo)
	section.Add(flags, "Lifecycle", o.Lifecycle.addTo)
	section.Add(flags, "Scheduling", o.Scheduling.addTo)
	section.Add(flags, "S3 credentials", o.Container.addS3To)
	section.Add(flags, heading, own)
	section.Add(flags, "After the job ends", o.Then.addTo)
	printing := &cobra.Command{}
	o.Output.Print.AddFlags(printing)
	section.Add(flags, "Output", func(flags *pflag.FlagSet) {
		o.Output.addTo(flags)
		flags.AddFlagSet(printing.Flags())
	})
	o.completeFlags(f, cmd)
}

// Request is what can be carried out as it stands.
type Request struct {
	factory   *factory.Factory
	client    clients.Interface
	namespace string

	base base
	// first is the job that is made again, nil for none.
	first *batchv1.Job
	// generate has the name end in a suffix that no other has.
	generate bool
	// generated is the name before that suffix.
	generated string
	spec      spec.Job
	typed     Typed
	results   results
	// variables go into a Secret that the job owns.
	variables map[string]string
	// stdin says that a flag has read it.
	stdin bool
	// named are the objects that flags name.
	named    []named
	s3Secret string

	dryRun dryRun
	print  printer
	then   then
	notes  []string
}

// results is where the job leaves its results.
type results struct {
	// made is the claim to make; nil without one. Its names come later.
	made *claim.Spec
	// asked is the mount, also of a claim that is there; nil for none.
	asked  *spec.Mount
	shared bool
	// reuse takes a claim that exists, overwrite also one whose results were not fetched.
	reuse, overwrite bool
	// renews is the claim of the job that is repeated, where a new one takes its place.
	renews string
	// placed says that its path was typed, access that its access mode was.
	placed, access bool
	// at is that path.
	at string
	// group is what --fs-group says; chosen says that it says something.
	group  *int64
	chosen bool
}

// Run makes the job, says how to go on, and goes on where that was asked.
func (r *Request) Run(ctx context.Context) error {
	if r.then.fetch {
		if err := r.then.fetcher.Ready(ctx); err != nil {
			return r.then.toolError(fmt.Errorf("--fetch: %w", err))
		}
	}
	made, err := r.make(ctx)
	if err != nil {
		return r.then.toolError(err)
	}
	if r.dryRun != dryRunNone {
		return nil
	}
	r.next(made.job)
	sweep.HelperPods(ctx, r.factory, r.client, r.namespace)
	return r.goOn(ctx, made.job)
}
