package transfer

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/archive"
)

// tally counts entries over all attempts. The Result in it holds what needs no
// counting.
type tally struct {
	Result
	all     map[string]record // of the attempts before, then of the whole fetch
	current map[string]record // of this attempt
	wrote   map[string]bool   // by any attempt
	order   int
}

// begin starts an attempt.
func (t *tally) begin() {
	if t.wrote == nil {
		t.all, t.wrote = map[string]record{}, map[string]bool{}
	}
	maps.Copy(t.all, t.current)
	t.current = map[string]record{}
}

// settle makes the current attempt, which came to its end, the only one: what
// vanished from the source since an earlier one is not part of the tree.
func (t *tally) settle() { t.all = map[string]record{} }

func (t *tally) add(entry archive.Entry, outcome archive.Outcome) {
	t.order++
	if before, ok := t.current[entry.Path]; ok && outcome.Action != archive.Refuse && before.Action != archive.Refuse {
		return // a directory that is named twice
	}
	if outcome.Action == archive.Write {
		t.wrote[entry.Path] = true
	}
	t.current[entry.Path] = record{entry, outcome.Verdict, t.order}
}

// present is the number of files and links that are here.
func (t *tally) present() int {
	r := t.result()
	return r.Files + r.Symlinks + r.HardLinks
}

func (t *tally) result() Result {
	t.begin()
	r := t.Result
	for _, rec := range slices.SortedFunc(maps.Values(t.all), func(a, b record) int { return cmp.Compare(a.order, b.order) }) {
		if rec.Action == archive.Refuse {
			r.Refused = append(r.Refused, Refusal{rec.Path, rec.Reason})
			continue
		}
		r.count(rec)
		if rec.Type != archive.Directory && !t.wrote[rec.Path] {
			r.Kept++
		}
	}
	if r.Complete {
		r.Digest = digest(slices.Collect(maps.Values(t.all)))
	}
	return r
}

func (r *Result) count(rec record) {
	switch rec.Type {
	case archive.Directory:
		r.Dirs++
	case archive.Symlink:
		r.Symlinks++
	case archive.HardLink:
		r.HardLinks++
	case archive.File:
		r.Files++
		r.Bytes += rec.Size
	}
}
