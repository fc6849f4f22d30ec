package server

import (
	"context"
	"errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// sums is the job that hashes the beginnings of files.
func sums(ctx context.Context, s *session) error {
	r := newReading(ctx, s)
	defer r.folders.close()
	for i, entry := range s.request.All() {
		if err := r.sum(i, entry); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) sum(index int, entry wire.Entry) error {
	opened, initial, err := r.open(&r.folders, entry.Path)
	if err != nil {
		return r.out.Failure(failure(index, err))
	}
	defer opened.close()
	p := part{file: opened, end: initial.size, facts: initial}
	if entry.Number >= 0 {
		p.end = min(p.end, entry.Number)
	}
	sum, whole, err := r.content.read(p, &r.skim)
	if broken, ok := errors.AsType[*fileError](err); ok {
		return r.out.Failure(failure(index, broken.cause))
	}
	if err != nil {
		return err
	}
	if !whole {
		return r.out.Failure(wire.Failure{Index: index, Text: "became shorter while it was read"})
	}
	return r.out.Sum(wire.Sum{Index: index, Length: p.end, Sum: sum})
}
