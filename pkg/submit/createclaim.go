package submit

import (
	"context"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// claimAssignment assigns claims to the job of a transaction.
type claimAssignment struct {
	*transaction

	assigned []string
	// unassigned are the existing claims that can still be assigned.
	unassigned map[string]*corev1.PersistentVolumeClaim
}

// prepareResults creates the results claim, or assigns an existing one to this job.
func (a *claimAssignment) prepareResults(ctx context.Context) error {
	if a.Claim == nil {
		return a.useNamedClaim(ctx)
	}
	claims := a.cluster.Client.CoreV1().PersistentVolumeClaims(a.request.Namespace)
	pvc, err := createOnce(ctx, a.transaction, resourceClient[*corev1.PersistentVolumeClaim]{"pvc", claims.Create, claims.Get}, a.Claim.DeepCopy())
	if apierrors.IsAlreadyExists(err) {
		return a.explainJobExists(ctx, a.useClaimOfSameName(ctx))
	}
	if err != nil {
		return a.explainForbidden(err)
	}
	a.assigned = append(a.assigned, pvc.Name)
	a.recordCreated("pvc", pvc.Name, pvc.UID, claims.Delete)
	if a.persists {
		if pvc, err = claim.AssignCreated(ctx, a.cluster.Client, pvc, a.use); err != nil {
			return err
		}
	}
	pvc.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolumeClaim"}
	a.created.Claim = pvc
	return nil
}

// explainForbidden names the flag that needs no new claim, for example if a quota has no room for one.
func (a *claimAssignment) explainForbidden(err error) error {
	if a.results.renewed == "" || !apierrors.IsForbidden(err) {
		return err
	}
	return fmt.Errorf("%w; use --reuse-results to write to claim %q again", err, a.results.renewed)
}

// explainJobExists reports that the name of the job is already used, if that is why its claim cannot be used.
func (a *claimAssignment) explainJobExists(ctx context.Context, cause error) error {
	if cause == nil {
		return nil
	}
	if _, err := a.cluster.Client.BatchV1().Jobs(a.request.Namespace).Get(ctx, a.Job.Name, metav1.GetOptions{}); err != nil {
		return cause
	}
	return fmt.Errorf("%w; in addition, %w", a.explainExists(apierrors.NewAlreadyExists(batchv1.Resource("jobs"), a.Job.Name)), cause)
}

// useClaimOfSameName uses an existing claim in place of the one to create, if no results on it can be lost.
func (a *claimAssignment) useClaimOfSameName(ctx context.Context) error {
	pvc, err := a.cluster.Client.CoreV1().PersistentVolumeClaims(a.request.Namespace).Get(ctx, a.Claim.Name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading claim %q: %w", a.Claim.Name, err)
	}
	if err := a.checkUsable(ctx, pvc); err != nil {
		return err
	}
	return a.useClaim(ctx, pvc)
}

// useNamedClaim uses a results claim that the request or the base job names. Its users are responsible for a claim
// that this library did not create, but a job that is run again must not overwrite its own results.
func (a *claimAssignment) useNamedClaim(ctx context.Context) error {
	pvc := a.unassigned[a.existingClaim]
	if pvc == nil || !provenance.MadeResults(pvc) {
		return a.checkRepeatedResults(a.existingClaim)
	}
	if err := a.checkUsable(ctx, pvc); err != nil {
		return err
	}
	delete(a.unassigned, a.existingClaim)
	return a.useClaim(ctx, pvc)
}

// useClaim assigns an existing results claim to this job, and reports it.
func (a *claimAssignment) useClaim(ctx context.Context, pvc *corev1.PersistentVolumeClaim) error {
	if err := a.assign(ctx, pvc); err != nil || !a.persists {
		return err
	}
	size := claim.Size(pvc)
	a.cluster.Say(fmt.Sprintf("Using existing claim %s (%s)%s", pvc.Name, size.String(), describeContents(pvc)))
	return nil
}

// describeContents says what an earlier job left on a claim. The new job writes to the same directory.
func describeContents(pvc *corev1.PersistentVolumeClaim) string {
	earlier, record := provenance.JobOf(pvc), claim.RecordOfClaim(pvc)
	switch fetch := record.Fetch; {
	case record.Empty():
		return ", which is empty"
	case fetch == nil:
		return fmt.Sprintf(" with the files of job %s, which were not fetched; this job can overwrite them", earlier)
	case fetch.Files == 0:
		return fmt.Sprintf(" with the results of job %s, fetched %s; this job writes to the same claim", earlier, fetch.When.Format(time.RFC3339))
	default:
		return fmt.Sprintf(" with the %s of job %s, fetched %s; this job writes to the same claim",
			plural.Count(fetch.Files, "file"), earlier, fetch.When.Format(time.RFC3339))
	}
}

// assignWritten assigns to this job the results claims of other jobs that it writes to.
func (a *claimAssignment) assignWritten(ctx context.Context) error {
	for _, m := range claim.MountsOf(a.Job.Spec.Template.Spec) {
		pvc := a.unassigned[m.Claim]
		if m.ReadOnly || pvc == nil || !provenance.MadeResults(pvc) || slices.Contains(a.assigned, m.Claim) {
			continue
		}
		if err := a.assign(ctx, pvc); err != nil {
			return err
		}
	}
	return nil
}

// assign assigns a claim to this job, which removes its fetched annotation. This precedes the job: after a crash
// in between, results count as not fetched.
func (a *claimAssignment) assign(ctx context.Context, pvc *corev1.PersistentVolumeClaim) error {
	if !a.persists {
		return nil
	}
	assigned, err := claim.Assign(ctx, a.cluster.Client, pvc, a.use)
	if apierrors.IsConflict(err) {
		return fmt.Errorf("claim %q was modified at the same time, possibly by another run; run the command again", pvc.Name)
	}
	if err != nil {
		return err
	}
	a.assigned = append(a.assigned, pvc.Name)
	a.changes = append(a.changes, change{undo: func(ctx context.Context) error {
		return claim.Unassign(ctx, a.cluster.Client, assigned, pvc)
	}})
	return nil
}
