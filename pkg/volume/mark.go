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
	"k8s.io/client-go/util/retry"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
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

// MarkFetched annotates job and claim, as they were read when the fetch began.
// A job that was replaced since, or a claim that a new job was given, is left
// alone, and that is an error.
func MarkFetched(ctx context.Context, client cluster.Interface, on Marked, mark Mark) error {
	if on.Claim != nil {
		if err := annotateUnused(ctx, client, on.Claim, mark.annotations()); err != nil {
			return err
		}
	}
	if on.Job == nil {
		return nil
	}
	patch, err := owner.PatchOf(on.Job.UID, "", mark.annotations())
	if err != nil {
		return err
	}
	_, err = client.BatchV1().Jobs(on.Job.Namespace).Patch(ctx, on.Job.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// MarkEmpty records that a claim held nothing after its job had finished.
func MarkEmpty(ctx context.Context, client cluster.Interface, claim *corev1.PersistentVolumeClaim, when time.Time) error {
	return annotateUnused(ctx, client, claim, map[string]string{owner.EmptyAnnotation: when.UTC().Format(time.RFC3339)})
}

// Take gives claim, as it was read, to a new job: its marks go, and use, a text
// of its own for each job, is written in their place. It returns the claim as it
// is now. A claim that was changed since it was read is a conflict.
func Take(ctx context.Context, client cluster.Interface, claim *corev1.PersistentVolumeClaim, use string) (*corev1.PersistentVolumeClaim, error) {
	return annotate(ctx, client, claim, claim.ResourceVersion, map[string]string{
		owner.UseAnnotation: use, owner.FetchedAnnotation: "", owner.FetchedByAnnotation: "",
		owner.FetchedDigestAnnotation: "", owner.EmptyAnnotation: "", owner.UserAnnotation: "",
	})
}

// GiveBack undoes Take: taken is what that returned, before what it was given.
func GiveBack(ctx context.Context, client cluster.Interface, taken, before *corev1.PersistentVolumeClaim) error {
	annotations := map[string]string{}
	for _, key := range []string{
		owner.UseAnnotation, owner.FetchedAnnotation, owner.FetchedByAnnotation,
		owner.FetchedDigestAnnotation, owner.EmptyAnnotation, owner.UserAnnotation,
	} {
		annotations[key] = before.Annotations[key]
	}
	return annotateUnused(ctx, client, taken, annotations)
}

// Record writes onto claim which user its files were written with.
func Record(ctx context.Context, client cluster.Interface, claim *corev1.PersistentVolumeClaim, user string) error {
	_, err := annotate(ctx, client, claim, "", map[string]string{owner.UserAnnotation: user})
	return err
}

// errTaken says that what is known of a claim holds no more.
var errTaken = errors.New("a new job was given the claim meanwhile")

// annotateUnused annotates claim unless another job was given it since it was read.
func annotateUnused(ctx context.Context, client cluster.Interface, claim *corev1.PersistentVolumeClaim, annotations map[string]string) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		now, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("reading claim %q: %w", claim.Name, err)
		}
		if now.UID != claim.UID || now.Annotations[owner.UseAnnotation] != claim.Annotations[owner.UseAnnotation] {
			return fmt.Errorf("annotating claim %q: %w", claim.Name, errTaken)
		}
		_, err = annotate(ctx, client, now, now.ResourceVersion, annotations)
		return err
	})
}

func annotate(ctx context.Context, client cluster.Interface, claim *corev1.PersistentVolumeClaim, version string, annotations map[string]string) (*corev1.PersistentVolumeClaim, error) {
	patch, err := owner.PatchOf(claim.UID, version, annotations)
	if err != nil {
		return nil, err
	}
	now, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return nil, fmt.Errorf("annotating claim %q: %w", claim.Name, err)
	}
	return now, nil
}

// Fetched reports whether the results on a claim, or of a job, were fetched: run
// takes the mark off a claim that it gives to a job.
func Fetched(object metav1.Object) bool {
	return object.GetAnnotations()[owner.FetchedAnnotation] != ""
}

// Unused reports whether nothing was ever written to claim: no pod has used it
// yet (it is not bound), or a fetch found it empty after its job had finished.
func Unused(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Status.Phase == corev1.ClaimPending || claim.Annotations[owner.EmptyAnnotation] != ""
}
