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

// Mark records a complete fetch: after the job had finished, everything was copied and verified, or there was
// nothing to copy.
type Mark struct {
	When time.Time
	// By is the user who fetched; "" if the cluster does not name users.
	By string
	// Job is the UID of the job that wrote the results; "" if the job no longer existed.
	Job types.UID
	// Files is the number of files; Empty means that there were none.
	Files int
	Empty bool
	// Digest is the digest of the manifest that was fetched.
	Digest string
}

// texts returns the annotations that record m; an empty text removes an annotation.
func (m Mark) texts() map[string]string {
	timestamp := m.When.UTC().Format(time.RFC3339)
	texts := map[string]string{
		provenance.FetchedAnnotation: timestamp, provenance.EmptyAnnotation: "", provenance.FetchedByAnnotation: m.By,
		provenance.FetchedOfAnnotation: string(m.Job), provenance.FetchedFilesAnnotation: strconv.Itoa(m.Files), provenance.FetchedDigestAnnotation: m.Digest,
	}
	if m.Empty {
		texts[provenance.FetchedAnnotation] = ""
		texts[provenance.EmptyAnnotation] = timestamp
		texts[provenance.FetchedFilesAnnotation] = ""
	}
	return texts
}

// MarkOf returns the fetch that is recorded on object, a job or a claim; nil for none.
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

// Marked holds the objects that a mark is written to; either may be nil.
type Marked struct {
	Job   *batchv1.Job
	Claim *corev1.PersistentVolumeClaim
}

// MarkFetched writes mark to job and claim, as they were read when the fetch began. A fetch by another user
// does not replace a fetch by the owner of the results. It changes neither a claim that run gave to another job meanwhile
// nor a job that was replaced, and returns an error. If the job was deleted meanwhile, it returns an error
// unless the claim records the fetch.
func MarkFetched(ctx context.Context, client clients.Interface, target Marked, mark Mark) error {
	if target.Claim != nil {
		err := annotateUnused(ctx, client, target.Claim, func(current *corev1.PersistentVolumeClaim) map[string]string {
			return RecordOfClaim(current).replacement(mark)
		})
		if err != nil {
			return err
		}
	}
	if target.Job == nil {
		return nil
	}
	texts := RecordOfJob(target.Job).replacement(mark)
	if texts == nil {
		return nil
	}
	patch, err := provenance.MarkPatch(target.Job.UID, "", texts)
	if err != nil {
		return err
	}
	_, err = client.BatchV1().Jobs(target.Job.Namespace).Patch(ctx, target.Job.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	switch {
	case apierrors.IsNotFound(err) && target.Claim != nil:
		return nil // the claim records the fetch
	case apierrors.IsNotFound(err):
		return fmt.Errorf("job %q was deleted during the fetch", target.Job.Name)
	case apierrors.IsConflict(err):
		return fmt.Errorf("job %q was replaced by another job during the fetch", target.Job.Name)
	}
	return err
}

// Use describes the job that run gives a results claim to.
type Use struct {
	// Text is the value of provenance.UseAnnotation on the job.
	Text string
	// Owner is the user who owns the job; "" if the cluster does not name users.
	Owner string
	// User is the identity that the job runs as, as JSON; "" if the image decides.
	User string
}

// UseText returns the annotation text for a claim that a job of that name uses from start on. usedBy reads it.
func UseText(job string, start time.Time) string {
	return job + " " + start.UTC().Format(time.RFC3339Nano)
}

func (u Use) texts() map[string]string {
	texts := map[string]string{provenance.UseAnnotation: u.Text, provenance.Annotation: u.Owner, provenance.UserAnnotation: u.User}
	for key := range (Mark{}).texts() {
		texts[key] = ""
	}
	return texts
}

// Assign gives claim, as it was read, to a new job: use replaces the marks on it. Assign returns the changed
// claim. If the claim was changed since it was read, the error is a conflict.
func Assign(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, use Use) (*corev1.PersistentVolumeClaim, error) {
	return annotate(ctx, client, claim, claim.ResourceVersion, use.texts())
}

// AssignCreated gives a claim to the job that it was created for: only this makes it a claim that run created.
// The cluster may have started to bind the claim meanwhile.
func AssignCreated(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, use Use) (*corev1.PersistentVolumeClaim, error) {
	return annotate(ctx, client, claim, "", use.texts())
}

// Unassign undoes Assign: taken is the claim that Assign returned, original the claim that it was given.
func Unassign(ctx context.Context, client clients.Interface, taken, original *corev1.PersistentVolumeClaim) error {
	texts := map[string]string{}
	for key := range (Use{}).texts() {
		texts[key] = provenance.Mark(original, key)
	}
	return annotateUnused(ctx, client, taken, func(*corev1.PersistentVolumeClaim) map[string]string { return texts })
}

// RecordUser records on claim the user that writes its files.
func RecordUser(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, user string) error {
	_, err := annotate(ctx, client, claim, "", map[string]string{provenance.UserAnnotation: user})
	return err
}

// errReassigned means that run gave the claim to another job since it was read.
var errReassigned = errors.New("another job has started to use the claim")

// annotateUnused writes the marks that textsOf returns for the current state of claim, unless run gave the claim
// to another job since it was read.
func annotateUnused(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, textsOf func(*corev1.PersistentVolumeClaim) map[string]string) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Get(ctx, claim.Name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("reading claim %q: %w", claim.Name, err)
		}
		if current.UID != claim.UID || provenance.Mark(current, provenance.UseAnnotation) != provenance.Mark(claim, provenance.UseAnnotation) {
			return fmt.Errorf("annotating claim %q: %w", claim.Name, errReassigned)
		}
		texts := textsOf(current)
		if len(texts) == 0 {
			return nil
		}
		_, err = annotate(ctx, client, current, current.ResourceVersion, texts)
		return err
	})
}

func annotate(ctx context.Context, client clients.Interface, claim *corev1.PersistentVolumeClaim, version string, texts map[string]string) (*corev1.PersistentVolumeClaim, error) {
	patch, err := provenance.MarkPatch(claim.UID, version, texts)
	if err != nil {
		return nil, err
	}
	annotated, err := client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return nil, fmt.Errorf("annotating claim %q: %w", claim.Name, err)
	}
	return annotated, nil
}
