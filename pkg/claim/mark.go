package claim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Mark records a complete fetch: everything was copied and verified after the job had finished, or there was
// nothing to copy.
type Mark struct {
	When time.Time
	// By is the user who fetched; empty where the cluster does not name users.
	By string
	// Job is the UID of the job whose results these are; empty where the job was gone.
	Job types.UID
	// Files is how many files there were; Empty means that there were none.
	Files int
	Empty bool
	// Digest of the manifest that was fetched.
	Digest string
}

// texts returns the annotations that record m; an empty text removes an annotation.
func (m Mark) texts() map[string]string {
	when := m.When.UTC().Format(time.RFC3339)
	texts := map[string]string{
		provenance.FetchedAnnotation: when, provenance.EmptyAnnotation: "", provenance.FetchedByAnnotation: m.By,
		provenance.FetchedOfAnnotation: string(m.Job), provenance.FetchedFilesAnnotation: strconv.Itoa(m.Files), provenance.FetchedDigestAnnotation: m.Digest,
	}
	if m.Empty {
		texts[provenance.FetchedAnnotation], texts[provenance.EmptyAnnotation], texts[provenance.FetchedFilesAnnotation] = "", when, ""
	}
	return texts
}

// MarkOf returns what object, a job or a claim, records of the fetch of its results; nil for no fetch.
func MarkOf(object metav1.Object) *Mark {
	fetched, empty := provenance.Mark(object, provenance.FetchedAnnotation), provenance.Mark(object, provenance.EmptyAnnotation)
	when, err := time.Parse(time.RFC3339, cmp.Or(fetched, empty))
	if err != nil {
		return nil
	}
	files, _ := strconv.Atoi(provenance.Mark(object, provenance.FetchedFilesAnnotation)) // 0 where it is not known
	return &Mark{
		When: when, By: provenance.Mark(object, provenance.FetchedByAnnotation), Job: types.UID(provenance.Mark(object, provenance.FetchedOfAnnotation)),
		Files: files, Empty: fetched == "", Digest: provenance.Mark(object, provenance.FetchedDigestAnnotation),
	}
}

// Marked is what a mark is written to; either may be nil.
type Marked struct {
	Job   *batchv1.Job
	Claim *corev1.PersistentVolumeClaim
}

// MarkFetched writes mark onto job and claim, as they were read when the fetch began. A fetch by another user
// does not replace that of the user whose results they are. A claim that run gave to another job meanwhile is
// left alone, and so is a job that was replaced: both are errors. A job that was deleted meanwhile is an error
// where the claim does not record the fetch.
func MarkFetched(ctx context.Context, client clients.Interface, on Marked, mark Mark) error {
	if on.Claim != nil {
		err := annotateUnused(ctx, client, on.Claim, func(now *corev1.PersistentVolumeClaim) map[string]string {
			return RecordOfClaim(now).replacement(mark)
		})
		if err != nil {
			return err
		}
	}
	if on.Job == nil {
		return nil
	}
	texts := RecordOfJob(on.Job).replacement(mark)
	if texts == nil {
		return nil
	}
	patch, err := provenance.MarkPatch(on.Job.UID, "", texts)
	if err != nil {
		return err
	}
	_, err = client.BatchV1().Jobs(on.Job.Namespace).Patch(ctx, on.Job.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	switch {
	case apierrors.IsNotFound(err) && on.Claim != nil:
		return nil // the claim records the fetch
	case apierrors.IsNotFound(err):
		return fmt.Errorf("job %q was deleted during the fetch", on.Job.Name)
	case apierrors.IsConflict(err):
		return fmt.Errorf("job %q was replaced by another job during the fetch", on.Job.Name)
	}
	return err
}

// Use is a job that run gives a results claim to.
type Use struct {
	// Text is the value of provenance.UseAnnotation on the job.
	Text string
	// Owner is the user whose job it is; empty where the cluster does not name users.
	Owner string
	// User is who the job runs as, as JSON; empty where the image decides.
	User string
}

// UseText returns the text for the use of a claim by a job of that name, from now on. UsedBy reads it.
func UseText(job string, now time.Time) string {
	return job + " " + now.UTC().Format(time.RFC3339Nano)
}

func (u Use) texts() map[string]string {
	texts := map[string]string{provenance.UseAnnotation: u.Text, provenance.Annotation: u.Owner, provenance.UserAnnotation: u.User}
	for key := range (Mark{}).texts() {
		texts[key] = ""
	}
	return texts
}

// Take gives claim, as it was read, to a new job: use replaces the marks on it. Take returns the claim as it is
// now. A claim that was changed since it was read is a conflict.
func Take(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, use Use) (*corev1.PersistentVolumeClaim, error) {
	return annotate(ctx, client, claim, claim.ResourceVersion, use.texts())
}

// TakeCreated gives a claim that was created for it to a new job: only this makes it a claim that run created.
// The cluster may have begun to bind the claim meanwhile.
func TakeCreated(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, use Use) (*corev1.PersistentVolumeClaim, error) {
	return annotate(ctx, client, claim, "", use.texts())
}

// GiveBack undoes Take: taken is what that returned, before what it was given.
func GiveBack(ctx context.Context, client clients.Interface, taken, before *corev1.PersistentVolumeClaim) error {
	texts := map[string]string{}
	for key := range (Use{}).texts() {
		texts[key] = provenance.Mark(before, key)
	}
	return annotateUnused(ctx, client, taken, func(*corev1.PersistentVolumeClaim) map[string]string { return texts })
}

// RecordUser writes onto claim which user its files were written with.
func RecordUser(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, user string) error {
	_, err := annotate(ctx, client, claim, "", map[string]string{provenance.UserAnnotation: user})
	return err
}

// errTaken says that what is known of a claim holds no more.
var errTaken = errors.New("another job has started to use the claim")

// annotateUnused writes the marks that textsOf returns for the present state of claim, unless run gave the claim
// to another job since it was read.
func annotateUnused(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, textsOf func(*corev1.PersistentVolumeClaim) map[string]string) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		now, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("reading claim %q: %w", claim.Name, err)
		}
		if now.UID != claim.UID || provenance.Mark(now, provenance.UseAnnotation) != provenance.Mark(claim, provenance.UseAnnotation) {
			return fmt.Errorf("annotating claim %q: %w", claim.Name, errTaken)
		}
		texts := textsOf(now)
		if len(texts) == 0 {
			return nil
		}
		_, err = annotate(ctx, client, now, now.ResourceVersion, texts)
		return err
	})
}

func annotate(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, version string, texts map[string]string) (*corev1.PersistentVolumeClaim, error) {
	patch, err := provenance.MarkPatch(claim.UID, version, texts)
	if err != nil {
		return nil, err
	}
	now, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return nil, fmt.Errorf("annotating claim %q: %w", claim.Name, err)
	}
	return now, nil
}
