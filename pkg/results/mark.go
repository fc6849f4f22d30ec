package results

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
)

// annotationTimeout is how long it may take to annotate job and claim.
const annotationTimeout = 10 * time.Second

// marker decides whether the results of one job are marked as fetched, and marks them.
type marker struct {
	config   *Config
	request  *Request
	location *resultsLocation
	messages messages
	me       provenance.Identity
	// inUse means that something may write to the results during the fetch.
	inUse bool
}

// counts reports whether a successful fetch is recorded: it copies all results of one job, or the user has declared a
// part of them sufficient.
func (m *marker) counts() bool { return !m.inUse && m.permitted() }

// permitted reports whether request and location permit a record.
func (m *marker) permitted() bool {
	return !m.location.otherUse && (m.selectsAll() || m.request.Mark) && !m.request.Plan
}

// selectsAll reports whether all results are requested.
func (m *marker) selectsAll() bool { return m.location.All && m.request.Filter.All() }

// record writes the fetched annotations after a complete fetch, unless contents could not be compared. Its error is that
// of ctx.
func (m *marker) record(ctx context.Context, result transfer.Result, complete bool) error {
	switch {
	case !complete:
		m.noteSelection()
		return nil
	case !result.Verified:
		m.messages.say("Note: the results are not marked as fetched, because the files were not verified: the image has no sha256sum")
		return nil
	}
	m.annotate(ctx, result)
	return ctx.Err()
}

// noteSelection prints a note if results remain unfetched only because the filter selects a part of them.
func (m *marker) noteSelection() {
	location := m.location
	unfetched := location.job != nil && location.onlyResults && !claim.RecordOfJob(location.job).Done(viewer(m.me))
	filtered := location.All && !m.selectsAll() && !m.request.Mark
	if unfetched && filtered && !m.inUse && !location.otherUse && !m.request.Plan {
		m.messages.say("Note: the results are not marked as fetched, because --include and --exclude select a part of them; use --mark if you need no other files")
	}
}

func viewer(me provenance.Identity) claim.Viewer { return claim.Viewer{Name: me.Name} }

// annotate records a complete fetch on job and claim. A failure is only a note: the files are at the destination. A claim
// that another pod uses, or that run did not create, is not annotated.
func (m *marker) annotate(ctx context.Context, result transfer.Result) {
	ctx, cancel := context.WithTimeout(ctx, annotationTimeout)
	defer cancel()
	pvc := m.location.claim
	users, err := claim.Users(ctx, m.config.Client, m.location.namespace, pvc.Name)
	if err == nil {
		objects := m.location.markable(users)
		if objects == (claim.Marked{}) && m.request.Mark {
			err = fmt.Errorf("run did not create claim %s, and no job writes to it alone", pvc.Name)
		} else {
			err = claim.MarkFetched(ctx, m.config.Client, objects, m.mark(result))
		}
	}
	if err != nil {
		m.messages.sayf("Note: the files were fetched, but the results could not be marked as fetched: %v", interrupt.Explain(ctx, err))
	}
}

// mark returns the record of a fetch by this user.
func (m *marker) mark(result transfer.Result) claim.Mark {
	mark := claim.Mark{
		When: m.config.ServerClock.Now(), By: m.me.Name, Digest: result.Digest,
		Files: result.Files + result.Symlinks + result.HardLinks, Empty: result.OnlyDirectories() && m.selectsAll(),
	}
	if m.location.job != nil {
		mark.Job = m.location.job.UID
	}
	return mark
}

// markable returns the objects that record a complete fetch.
func (l *resultsLocation) markable(users []corev1.Pod) claim.Marked {
	var objects claim.Marked
	if provenance.MadeResults(l.claim) && l.SubPath == "" && firstUser(users) == "" {
		objects.Claim = l.claim
	}
	if l.onlyResults && !l.deleted {
		objects.Job = l.job
	}
	return objects
}
