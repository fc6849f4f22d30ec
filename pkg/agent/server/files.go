package server

import (
	"context"
	"errors"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// settled is how old the last change of a file must be for its times to show
// the next one: clocks of file systems tick slowly.
const settled = time.Second

// files is the job that sends the content of files.
func files(ctx context.Context, s *session) error { return filesTo(ctx, s, 0) }

// filesTo sends the content of files, of each file only the bytes before end unless end is 0.
func filesTo(ctx context.Context, s *session, end int64) error {
	r := newReading(ctx, s)
	r.end = end
	defer r.folders.close()
	for i, entry := range s.request.All() {
		if err := r.file(i, entry); err != nil {
			return err
		}
	}
	return nil
}

// reading reads files one after another. Its errors are errors of the writer. Errors of
// files are part of the response.
type reading struct {
	*session
	content content
	folders folders
	skim    skimming
	// end is the offset at which the content of each file ends at the latest, 0 for no limit.
	end int64
}

func newReading(ctx context.Context, s *session) *reading {
	return &reading{session: s, content: content{ctx: ctx}, folders: folders{root: s.root, singleFile: s.singleFile}}
}

// part is the range of a file to read, and the metadata of the file when it was opened.
type part struct {
	file
	start, end int64
	facts      facts
	settled    bool  // every further change will change its times
	beyond     int64 // how many bytes the file is longer than the requested limit
}

func (r *reading) file(index int, entry wire.Entry) error {
	began := r.Now()
	opened, initial, err := r.open(&r.folders, entry.Path)
	if err != nil {
		return r.out.Failure(failure(index, err))
	}
	defer opened.close()
	p := part{
		file: opened, start: max(entry.Number, 0), end: initial.size, facts: initial, settled: initial.changed.Before(began.Add(-settled)),
	}
	if entry.Limited {
		p.end = min(p.end, entry.Limit)
		p.beyond = initial.size - p.end
	}
	if p.start > p.end {
		p.start = 0
	}
	if r.end > p.start {
		p.end = min(p.end, r.end)
	}
	err = r.out.File(wire.File{
		Index: index, Size: p.end, Mode: initial.mode.Perm(), ModTime: initial.modified, Changed: initial.changed, Offset: p.start, Beyond: p.beyond,
		Recent: r.recent(initial.modified, initial.changed),
	})
	if err != nil {
		return err
	}
	return r.send(index, p)
}

// send sends the content of p and the final state of the file.
func (r *reading) send(index int, p part) error {
	sum, whole, err := r.content.read(p, sending{r.out})
	if broken, ok := errors.AsType[*fileError](err); ok {
		return r.out.Failure(failure(index, broken.cause))
	}
	if err != nil {
		return err
	}
	state := wire.Changed
	if whole {
		if state, err = r.verdict(p, sum); err != nil {
			return err
		}
	}
	return r.out.FileEnd(wire.FileEnd{Sum: sum, State: state})
}

// verdict returns whether the file changed since it was opened. If its times do not
// prove that it did not, verdict reads the content again and compares the hashes.
func (r *reading) verdict(p part, sum [16]byte) (wire.State, error) {
	current, err := p.readFacts()
	switch {
	case err != nil, current.size < p.end:
		return wire.Changed, nil //nolint:nilerr // what cannot be looked at is not known to be still
	case p.settled && p.facts.matches(current):
		return p.unchanged(current), nil
	}
	rereadSum, whole, err := r.content.read(p, &r.skim)
	if _, ok := errors.AsType[*fileError](err); ok || err == nil && (!whole || rereadSum != sum) {
		return wire.Changed, nil
	}
	return p.unchanged(current), err
}

// unchanged returns the state of a file whose first bytes are still what was sent.
func (p part) unchanged(current facts) wire.State {
	if p.beyond > 0 || current.size > p.facts.size {
		return wire.Growing
	}
	return wire.Still
}
