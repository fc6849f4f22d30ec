package claim

import (
	"cmp"
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Record is the state of a fetch of results, as recorded on a job or a claim.
type Record struct {
	// Owner is the user who owns the results; "" if unknown.
	Owner string
	// Fetch is the last complete fetch; nil for none.
	Fetch *Mark
	// Unused means that no pod has mounted the claim yet: there is nothing to fetch.
	Unused bool
}

// RecordOfJob returns the record on job.
func RecordOfJob(job *batchv1.Job) Record {
	return Record{Owner: provenance.OfJob(job), Fetch: MarkOf(job)}
}

// RecordOfClaim returns the record on claim. The owner is the user whose job the claim was given to last.
func RecordOfClaim(claim *corev1.PersistentVolumeClaim) Record {
	return Record{
		Owner: provenance.Mark(claim, provenance.Annotation), Fetch: MarkOf(claim),
		Unused: claim.Status.Phase == corev1.ClaimPending,
	}
}

// Viewer is the user who asks whether the results were fetched.
type Viewer struct {
	// Name of the user; "" if the cluster does not name users.
	Name string
	// Anyone counts the fetch of every user.
	Anyone bool
}

// counts reports whether the results were fetched by their owner. If the owner is unknown, they must
// have been fetched by the viewer. A fetch by an unknown user does not count.
func (r Record) counts(viewer Viewer) bool {
	return viewer.Anyone || r.Fetch.By != "" && r.Fetch.By == cmp.Or(r.Owner, viewer.Name)
}

// Empty reports whether there is nothing to fetch.
func (r Record) Empty() bool { return r.Unused || r.Fetch != nil && r.Fetch.Empty }

// Done reports whether viewer has nothing left to fetch: the results were fetched by their owner, or there are none.
func (r Record) Done(viewer Viewer) bool { return r.Empty() || r.Fetch != nil && r.counts(viewer) }

// Word returns the text for a table: yes, no, empty, or the other user who fetched.
func (r Record) Word(viewer Viewer) string {
	switch {
	case r.Empty():
		return "empty"
	case r.Fetch == nil:
		return "no"
	case r.counts(viewer):
		return "yes"
	}
	return "by " + cmp.Or(r.Fetch.By, unknownUser)
}

const unknownUser = "an unknown user"

// ForeignFetchReason returns why a fetch by another user does not count; "" if there is no such fetch.
func (r Record) ForeignFetchReason(viewer Viewer) string {
	if r.Fetch == nil || r.Done(viewer) {
		return ""
	}
	return fmt.Sprintf("created by %s, fetched by %s; --fetched-by-anyone counts this fetch", cmp.Or(r.Owner, unknownUser), cmp.Or(r.Fetch.By, unknownUser))
}

// replacement returns the annotations that record mark in place of the present fetch; nil if they must remain: a
// fetch by another user does not replace a fetch by the owner.
func (r Record) replacement(mark Mark) map[string]string {
	sameJob := r.Fetch != nil && (mark.Job == "" || mark.Job == r.Fetch.Job)
	updated := Record{Owner: r.Owner, Fetch: &mark}
	if sameJob && r.Done(Viewer{}) && !updated.Done(Viewer{}) {
		return nil
	}
	return mark.texts()
}
