package transfer

import (
	"context"
	"fmt"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// mostCompared is the maximum number of files in one request for hashes.
const mostCompared = 1000

// compare hashes files that exist locally with the same size, at both ends at the same
// time, and then decides about them.
func (f *fetch) compare(ctx context.Context, entries []localtree.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	prefixes := make([]Prefix, len(entries))
	for i, entry := range entries {
		prefixes[i] = Prefix{Path: entry.Path, Length: -1}
	}
	localSums := make([][16]byte, len(entries))
	var remoteSums []Sum
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.hashHere(groupCtx, entries, localSums) })
	group.Go(func() (err error) {
		remoteSums, err = f.Source.Sums(groupCtx, prefixes)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	if len(remoteSums) != len(entries) {
		return fmt.Errorf("the source returned %d hashes for %d files", len(remoteSums), len(entries))
	}
	for i, entry := range entries {
		if err := f.compared(ctx, entry, remoteSums[i], localSums[i]); err != nil {
			if err := f.refused(entry.Path, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *fetch) hashHere(ctx context.Context, entries []localtree.Entry, sums [][16]byte) error {
	for i, entry := range entries {
		file, err := f.tree.OpenFile(entry.Path)
		if err != nil {
			continue // its hash stays zero, which never matches
		}
		sums[i], _ = hashOf(ctx, file)
		_ = file.Close()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// compared keeps or queues one file after the comparison of the hashes.
func (f *fetch) compared(ctx context.Context, entry localtree.Entry, remote Sum, localSum [16]byte) error {
	local, err := f.tree.Inspect(entry)
	switch {
	case err != nil:
		return err
	case remote.Refused != "":
		return &localtree.Refused{Reason: remote.Refused}
	case remote.Unknown:
		return f.carryOut(entry, local, f.decide(entry, local))
	case remote.Length == entry.Size && remote.is(ctx, localSum, func() (io.ReadCloser, error) { return f.tree.OpenFile(entry.Path) }):
		local.Compared = true
		return f.carryOut(entry, local, localtree.Verdict{Action: localtree.Keep})
	}
	local.Differs = true
	return f.carryOut(entry, local, f.decide(entry, local))
}
