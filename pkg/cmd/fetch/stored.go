package fetch

import (
	"context"
	"errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/s3"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/s3mirror"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/source/s3relay"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// parseStored reads s3://BUCKET/PREFIX in the place of JOB.
func (o *Options) parseStored(arg string) (err error) {
	o.stored, err = s3.ParseLocation(arg)
	return err
}

// checkStored refuses what needs a cluster where only a bucket is read.
func (o *Options) checkStored(flags *Flags) error {
	if o.stored.Bucket == "" {
		return nil
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"--via", flags.Via != ""},
		{"--to", flags.To != ""},
		{"--keep-objects", flags.KeepObjects},
		{"--in-cluster-endpoint-url", flags.InClusterURL != ""},
		{"--task", flags.Task != ""},
		{"--transport", flags.Transport != auto},
		{"--helper-image", flags.Image != ""},
		{"--keep-helper", flags.KeepHelper},
		{"--mark", flags.Mark},
	} {
		if flag.set {
			return exit.Usagef("%s and the source %s are mutually exclusive: fetch downloads from a bucket without the cluster", flag.name, o.stored)
		}
	}
	switch {
	case o.dir == "":
		return exit.Usagef("the source %s requires -d DIR", o.stored)
	case len(o.paths) > 0:
		return exit.Usagef("PATH %q and the source %s are mutually exclusive; use --include and --exclude to select files", o.paths[0], o.stored)
	}
	return nil
}

// storedSource is what lies at the place: files as they are, or what a fetch packed.
func (o *Options) storedSource(ctx context.Context, meter *transport.Meter) (source transfer.Source, err error) {
	var plain *s3mirror.Stored
	for retry := 1; ; retry++ {
		plain, err = s3mirror.Open(ctx, o.store, o.stored, meter.Reader)
		lost, ok := errors.AsType[*transfer.LostError](err)
		if !ok || retry > o.engine.Retries {
			break
		}
		if err := o.pause(ctx, retry, lost.Cause); err != nil {
			return nil, err
		}
	}
	if errors.Is(err, s3mirror.ErrNoIndex) {
		return s3relay.NewStored(s3relay.Options{Store: o.store, At: o.stored, Through: meter.Reader, Now: o.factory.Clock.Now, Wanted: o.engine.Filter.Takes}), nil
	}
	return plain, err
}

// fetchStored brings what an earlier fetch left in a bucket, without the cluster.
func (o *Options) fetchStored(ctx context.Context) error {
	meter := transport.NewMeter(o.engine.LimitRate)
	out := o.blankOutcome()
	sums, err := o.newManifest()
	if err != nil {
		return err
	}
	defer sums.discard()
	o.progress.Begin("")
	source, err := o.storedSource(ctx, meter)
	if err != nil {
		o.progress.Done(err)
		out.Error = err.Error()
		return transfer.Joined(err, o.print(out))
	}
	req := o.request(source, out, &reporter{options: o, out: out, way: func() string { return "s3" }}, sums)
	req.SourceID, req.Pause = o.stored.String(), o.pause
	result, err := transfer.Fetch(ctx, req)
	if err == nil {
		err = sums.keep()
	}
	if ctx.Err() != nil && err != nil {
		err = ctx.Err()
	}
	o.progress.Done(err)
	came := way{Transport: "s3", Compression: "none", Wire: meter.Received()}
	if packed, ok := source.(*s3relay.Stored); ok {
		came.Compression = mostly(packed.Received())
	}
	out.take(result, came, o.factory.Clock.Now())
	if err == nil {
		err = o.noteStoredEmpty(out, result)
	}
	o.list(result)
	o.notes(out, result, err)
	if err != nil {
		out.Error = err.Error()
	}
	return transfer.Joined(err, o.tell(out), o.print(out))
}

// noteStoredEmpty notes that the place in the bucket has no files; it is an error where the filters select none.
func (o *Options) noteStoredEmpty(out *outcome, result transfer.Result) error {
	all := o.engine.Filter.All()
	if result.Empty() && !all {
		return errors.New("no file in " + o.stored.String() + " matches --include and --exclude")
	}
	if result.NoFiles() && all {
		out.noFiles = o.stored.String() + " is empty"
	}
	return nil
}
