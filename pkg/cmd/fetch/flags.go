package fetch

import (
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// The limits of --parallel and --retries.
const (
	// maxStreams limits --parallel. More streams only wait for each other.
	maxStreams = 64
	// defaultRetries is the default of --retries. The pauses double and take half a minute together, which is enough for a
	// short outage of a network or a node.
	defaultRetries = 5
	// maxRetries limits --retries, and therefore the sum of all pauses, to a day.
	maxRetries = 100
)

// AddFlags declares the flags, under their headings.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	flaghelp.AddSection(flags, "Selection", o.addSelection)
	flaghelp.AddSection(flags, "Files", o.addFiles)
	flaghelp.AddSection(flags, "Destination", o.addDestination)
	flaghelp.AddSection(flags, "Transfer", o.addTransfer)
	flaghelp.AddSection(flags, "S3 bucket", o.addBucket)
	flaghelp.AddSection(flags, "Helper pod", o.Helper.AddTo)
	flaghelp.AddSection(flags, "Output", o.addOutput)
}

func (o *Flags) addSelection(flags *pflag.FlagSet) {
	o.Select.AddTo(flags)
	flags.BoolVar(&o.Unfetched, "unfetched", false, "Only your finished jobs whose results are not marked as fetched (with --owner: those of that user)")
}

func (o *Flags) addFiles(flags *pflag.FlagSet) {
	flags.StringVar(&o.Task, "task", "", "Only these tasks of an array job, such as 0,3-5")
	flags.StringArrayVar(&o.Include, "include", nil, "Copy only files that match `GLOB`, in .gitignore syntax (repeatable)")
	flags.StringArrayVar(&o.Exclude, "exclude", nil, "Skip files that match `GLOB`, in .gitignore syntax (repeatable)")
	flags.StringVar(&o.Links, "links", skipLinks, "Symbolic links to files outside the results claim: skip (and report), or keep (recreate unchanged)")
	flags.BoolVar(&o.Mark, "mark", false, "Mark the results as fetched even if PATH, --task, --include or --exclude selects a part of them")
	flags.BoolVar(&o.Anyway, "anyway", false, "Fetch from the results claim even if another job uses it now")
	flags.BoolVar(&o.Plan, "plan", false, "Print what would be copied, and how much, without copying it")
}

func (o *Flags) addDestination(flags *pflag.FlagSet) {
	flags.StringVarP(&o.Dir, "dir", "d", "", "Destination directory (default: ./JOB); with several jobs, their parent directory")
	flags.BoolVar(&o.Force, "force", false, "Overwrite files at the destination that fetch did not write, or that were changed since")
	flags.BoolVar(&o.Checksum, "checksum", false, "Compare files that are already present by content instead of size and time")
	flags.StringVar(&o.Manifest, "manifest", "", "Write the SHA-256 sum of every file to `FILE`, in the format of sha256sum -c")
}

func (o *Flags) addTransfer(flags *pflag.FlagSet) {
	flags.StringVar(&o.Transport, "transport", results.Auto, "Transport to the helper pod: auto (the first that works), tunnel, exec or tar")
	flags.StringVar(&o.Compress, "compress", results.Auto, "Compression during the transfer: auto (the fastest, by measurement), zstd, s2 or none")
	flagvalue.AddNumber(flags, &o.Parallel, "parallel", 1, maxStreams, "Use `N` parallel streams, from 1 to 64 (default: 2; with --to: 4)")
	flags.StringVar(&o.LimitRate, "limit-rate", "", "Transfer at most `BYTES` per second over the network, such as 10M or 512Ki")
	o.Retries = defaultRetries
	flagvalue.AddNumber(flags, &o.Retries, "retries", 0, maxRetries, "Retry at most `N` times in a row after a stream is interrupted")
	flags.StringVar(&o.Timeout, "timeout", "", "Stop after `DURATION`, with exit status 124 ("+duration.Forms+")")
}

func (o *Flags) addBucket(flags *pflag.FlagSet) {
	flags.StringVar(&o.Via, "via", "", "Transfer through `s3://BUCKET[/PREFIX]` instead of the API server, or none (default: $"+factory.ViaVariable+")")
	flags.StringVar(&o.To, "to", "", "Store the files in `s3://BUCKET/PREFIX` instead of --dir, one object per file")
	flags.BoolVar(&o.KeepObjects, "keep-objects", false, "Keep the objects that --via wrote to the bucket")
	flags.StringVar(&o.Profile, "profile", "", "Profile in the configuration of the AWS CLI (default: $AWS_PROFILE)")
	flags.StringVar(&o.Region, "region", "", "Region of the bucket (default: the AWS CLI's setting)")
	flags.StringVar(&o.EndpointURL, "endpoint-url", "", "URL of the S3 store (default: the AWS CLI's setting)")
	flags.StringVar(&o.InClusterURL, "in-cluster-endpoint-url", "", "URL of the S3 store for pods (default: the same URL)")
	flagvalue.AddOptionalBool(flags, &o.PathStyle, "path-style", "Put the bucket name into the URL path, not the host name (default: the AWS CLI's setting, else false for AWS and true for other stores)")
}

func (o *Flags) addOutput(flags *pflag.FlagSet) {
	flags.StringVarP(&o.Output, "output", "o", "", "Output format: json (one object that describes the fetch)")
	flags.StringVar(&o.Progress, "progress", string(ui.Auto), "Progress on stderr: auto (a live line on a terminal, else one line every 10 s), json (one line per event) or none")
}
