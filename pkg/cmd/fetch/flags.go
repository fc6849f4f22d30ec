package fetch

import (
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/section"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
)

// AddFlags declares the flags, under their headings.
func (o *Flags) AddFlags(flags *pflag.FlagSet) {
	section.Add(flags, "Selection", o.addSelection)
	section.Add(flags, "Files", o.addWhat)
	section.Add(flags, "Destination", o.addWhere)
	section.Add(flags, "Transfer", o.addHow)
	section.Add(flags, "S3 bucket", o.addBucket)
	section.Add(flags, "Helper pod", o.addHelper)
	section.Add(flags, "Output", o.addOutput)
}

func (o *Flags) addSelection(flags *pflag.FlagSet) {
	o.Select.AddTo(flags)
	flags.BoolVar(&o.Unfetched, "unfetched", false, "Your finished jobs whose results were not fetched yet; with --owner, those of that user")
}

func (o *Flags) addWhat(flags *pflag.FlagSet) {
	flags.StringVar(&o.Task, "task", "", "Of an array only these tasks, such as 0,3-5")
	flags.StringArrayVar(&o.Include, "include", nil, "Copy only what matches this glob, as in a .gitignore (repeatable)")
	flags.StringArrayVar(&o.Exclude, "exclude", nil, "Leave out what matches this glob, as in a .gitignore (repeatable)")
	flags.StringVar(&o.Links, "links", skipLinks, "Symlinks that lead out of the results: skip (name them), or keep (recreate them as they are)")
	flags.BoolVar(&o.Mark, "mark", false, "Record the results as fetched also where PATH, --task, --include or --exclude selects a part of them")
	flags.BoolVar(&o.Anyway, "anyway", false, "Fetch what is on the results claim, also where another job uses that claim now")
	flags.BoolVar(&o.Plan, "plan", false, "Say what would come, and how much, and copy nothing")
}

func (o *Flags) addWhere(flags *pflag.FlagSet) {
	flags.StringVarP(&o.Dir, "dir", "d", "", "Folder that the files go to (default: ./JOB; with several jobs it holds a folder for each)")
	flags.BoolVar(&o.Force, "force", false, "Overwrite local files that no fetch wrote")
	flags.BoolVar(&o.Checksum, "checksum", false, "Compare what is here already by content, not by size and time")
	flags.StringVar(&o.Manifest, "manifest", "", "Write the SHA-256 of every file to this file, in lines for sha256sum -c")
}

func (o *Flags) addHow(flags *pflag.FlagSet) {
	flags.StringVar(&o.Transport, "transport", auto, "Way to the files: auto (the first that works), tunnel, exec or tar")
	flags.StringVar(&o.Compress, "compress", auto, "Compression on the way: auto (what is quickest, measured), zstd, s2 or none")
	flags.IntVar(&o.Parallel, "parallel", 0, "How many streams run side by side (default: as many as are quicker)")
	flags.StringVar(&o.LimitRate, "limit-rate", "", "At most so many bytes a second on the wire, such as 10M or 512Ki")
	flags.IntVar(&o.Retries, "retries", defaultRetries, "How often in a row a stream that is lost is opened again")
	flags.StringVar(&o.Timeout, "timeout", "", "Give up after this long, with exit status 124 ("+duration.Forms+")")
}

func (o *Flags) addHelper(flags *pflag.FlagSet) {
	flags.StringVar(&o.Image, "helper-image", "", "Image of the helper pod, with sh and tar; job is the job's own (default: $"+imageVariable+", else "+helper.DefaultImage+")")
	flags.StringVar(&o.HelperCPU, "helper-cpu", "1", "CPUs of the helper pod")
	flags.StringVar(&o.HelperMemory, "helper-memory", "256Mi", "Memory of the helper pod")
	flags.BoolVar(&o.KeepHelper, "keep-helper", false, "Leave the helper pod there for the next fetch; it ends by itself when nobody uses it")
}

func (o *Flags) addOutput(flags *pflag.FlagSet) {
	flags.StringVarP(&o.Output, "output", "o", "", "json: one object that says what came, and how")
	flags.StringVar(&o.Progress, "progress", string(screen.Auto), "How far it is, on stderr: auto (a live line on a terminal, else one every 10 s), json (a line for each event) or none")
}
