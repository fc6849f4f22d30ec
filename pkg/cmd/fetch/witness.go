package fetch

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// witness is what used a claim when a fetch of its files began.
type witness struct {
	from    *found
	writers map[types.UID]bool
	// expects is the unfinished job that is fetched: its pods may come and go. Empty for a finished job.
	expects types.UID
}

// newWitness looks who uses the claim now; nil where that cannot be known, and then the fetch is not recorded.
func (o *Options) newWitness(ctx context.Context, from *found) *witness {
	if from.pod != nil {
		return nil // no other pod can write to it
	}
	pods, err := retryReading(ctx, func() ([]corev1.Pod, error) {
		return claim.Writers(ctx, o.client, o.namespace, from.claim.Name)
	})
	if err != nil {
		if ctx.Err() == nil && o.counts(from) {
			o.sayUnrecorded(from, err)
		}
		return nil
	}
	seen := &witness{from: from, writers: map[types.UID]bool{}}
	for _, pod := range pods {
		seen.writers[pod.UID] = true
	}
	if from.job != nil && job.End(from.job) == nil {
		seen.expects = from.job.UID
	}
	return seen
}

// newUse says who began to use the claim since; "" for nothing. Pods that have ended since count too.
func (o *Options) newUse(ctx context.Context, before *witness) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, marking)
	defer cancel()
	pvc, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, before.from.claim.Name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if use := provenance.Mark(pvc, provenance.UseAnnotation); use != provenance.Mark(before.from.claim, provenance.UseAnnotation) {
		return fmt.Sprintf("job %s began to use claim %s", provenance.JobOf(pvc), pvc.Name), nil
	}
	pods, err := claim.Writers(ctx, o.client, o.namespace, pvc.Name)
	for i := range pods {
		if pod := &pods[i]; !before.writers[pod.UID] && !before.expected(pod) && !helper.Shaped(pod) {
			return fmt.Sprintf("pod %s began to use claim %s", pod.Name, pvc.Name), nil
		}
	}
	return "", err
}

func (w *witness) expected(pod *corev1.Pod) bool {
	of := metav1.GetControllerOf(pod)
	return of != nil && w.expects != "" && of.UID == w.expects
}

// undisturbed reports whether nothing else began to write to the claim while its files were read. On a claim that
// run created for the results of one job that is an error: the files of two jobs can be mixed. People's claims are
// shared by design, each job with its own directory: there it is only said.
func (o *Options) undisturbed(ctx context.Context, before *witness, place string) (bool, error) {
	if before == nil {
		return false, nil
	}
	use, err := retryReading(ctx, func() (string, error) { return o.newUse(ctx, before) })
	switch {
	case err != nil:
		o.factory.Say(fmt.Sprintf("Note: the results are not marked as fetched, because the pods that use claim %s cannot be listed: %v", before.from.claim.Name, err))
		return false, nil
	case use == "":
		return true, nil
	case provenance.MadeResults(before.from.claim):
		return false, fmt.Errorf("%s while fetch read the files: %s may contain files of two jobs; fetch again to another directory", use, place)
	}
	o.factory.Say(fmt.Sprintf("Note: the results are not marked as fetched, because %s while fetch read the files", use))
	return false, nil
}
