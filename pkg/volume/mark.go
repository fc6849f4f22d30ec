package volume

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// Mark says that results were fetched whole, verified, after the job had finished.
type Mark struct {
	When time.Time
	// By is the user who fetched.
	By string
	// Digest of the manifest that was fetched.
	Digest string
}

func (m Mark) annotations() map[string]string {
	return map[string]string{
		owner.FetchedAnnotation: m.When.UTC().Format(time.RFC3339), owner.FetchedByAnnotation: m.By,
		owner.FetchedDigestAnnotation: m.Digest, owner.EmptyAnnotation: "",
	}
}

// Marked is what a mark is written to; either may be nil.
type Marked struct {
	Job   *batchv1.Job
	Claim *corev1.PersistentVolumeClaim
}

// MarkFetched annotates job and claim. One that was replaced meanwhile by
// another of its name is left alone, and that is an error.
func MarkFetched(ctx context.Context, client kubernetes.Interface, on Marked, mark Mark) error {
	var errs []error
	if on.Claim != nil {
		errs = append(errs, annotateClaim(ctx, client, on.Claim, mark.annotations()))
	}
	if on.Job != nil {
		patch, err := owner.PatchOf(on.Job.UID, mark.annotations())
		if err == nil {
			_, err = client.BatchV1().Jobs(on.Job.Namespace).Patch(ctx, on.Job.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// MarkEmpty records that a claim held nothing after its job had finished.
func MarkEmpty(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim, when time.Time) error {
	return annotateClaim(ctx, client, claim, map[string]string{owner.EmptyAnnotation: when.UTC().Format(time.RFC3339)})
}

// Unmark takes the marks off a claim that a new job is about to write to.
func Unmark(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim) error {
	return annotateClaim(ctx, client, claim, map[string]string{
		owner.FetchedAnnotation: "", owner.FetchedByAnnotation: "", owner.FetchedDigestAnnotation: "", owner.EmptyAnnotation: "",
	})
}

// Remark puts back the marks that Unmark took off.
func Remark(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim) error {
	return annotateClaim(ctx, client, claim, map[string]string{
		owner.FetchedAnnotation:       claim.Annotations[owner.FetchedAnnotation],
		owner.FetchedByAnnotation:     claim.Annotations[owner.FetchedByAnnotation],
		owner.FetchedDigestAnnotation: claim.Annotations[owner.FetchedDigestAnnotation],
		owner.EmptyAnnotation:         claim.Annotations[owner.EmptyAnnotation],
	})
}

// Record writes onto claim which user its files were written with.
func Record(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim, user string) error {
	return annotateClaim(ctx, client, claim, map[string]string{owner.UserAnnotation: user})
}

func annotateClaim(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim, annotations map[string]string) error {
	patch, err := owner.PatchOf(claim.UID, annotations)
	if err != nil {
		return err
	}
	_, err = client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("annotating claim %q: %w", claim.Name, err)
	}
	return nil
}

// Fetched reports whether the results on claim were fetched since a job last used it.
func Fetched(object metav1.Object) bool {
	return object.GetAnnotations()[owner.FetchedAnnotation] != ""
}

// Unused reports whether nothing was ever written to claim: no pod has used it
// yet (it is not bound), or a fetch found it empty after its job had finished.
func Unused(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Status.Phase == corev1.ClaimPending || claim.Annotations[owner.EmptyAnnotation] != ""
}
