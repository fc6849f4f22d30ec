package results

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// claimReadAttempts is how often the pods that use a claim are read while the API server does not answer.
const claimReadAttempts = 5

// readWithRetries calls read, and again while the API server does not answer.
func readWithRetries[T any](ctx context.Context, read func() (T, error)) (T, error) {
	value, err := read()
	for attempts := 1; watcher.Passing(err) && attempts < claimReadAttempts && watcher.Sleep(ctx, time.Second); attempts++ {
		value, err = read()
	}
	return value, err
}

// writes reports whether something may still write to the results, and prints a note about it.
func (m *marker) writes(ctx context.Context) bool {
	location := m.location
	if location.unfinished() {
		m.messages.sayf("Job %s is not finished (%s): copying the files that it has written so far", location.job.Name, location.jobState())
		return true
	}
	users, err := readWithRetries(ctx, func() ([]corev1.Pod, error) {
		return claim.Users(ctx, m.config.Client, location.namespace, location.claim.Name)
	})
	if err != nil && ctx.Err() == nil {
		m.sayUnmarked(err)
	}
	user := firstUser(users)
	if user != "" && m.permitted() {
		m.messages.sayf("Note: the results will not be marked as fetched, because pod %s mounts claim %s and may write to it", user, location.claim.Name)
	}
	return err != nil || user != ""
}

func (m *marker) sayUnmarked(err error) {
	m.messages.sayf("Note: the results will not be marked as fetched, because the pods that use claim %s cannot be listed: %v", m.location.claim.Name, err)
}

// firstUser returns the name of a pod that is not a helper pod; "" for none.
func firstUser(users []corev1.Pod) string {
	for _, pod := range users {
		if !isHelper(pod) {
			return pod.Name
		}
	}
	return ""
}

// claimUse is what used a claim when the fetch of its files began.
type claimUse struct {
	client   clients.Interface
	location *resultsLocation
	writers  map[types.UID]bool
	// expected is the unfinished job that is fetched: it may start pods meanwhile. Empty for a finished job.
	expected types.UID
}

// observeUse finds what uses the claim now; nil if that cannot be known. Then the fetch is not recorded.
func (m *marker) observeUse(ctx context.Context) *claimUse {
	location := m.location
	if location.pod != nil {
		return nil // no other pod can write to it
	}
	pods, err := readWithRetries(ctx, func() ([]corev1.Pod, error) {
		return claim.Writers(ctx, m.config.Client, location.namespace, location.claim.Name)
	})
	if err != nil {
		if ctx.Err() == nil && m.counts() {
			m.sayUnmarked(err)
		}
		return nil
	}
	use := &claimUse{client: m.config.Client, location: location, writers: map[types.UID]bool{}}
	for _, pod := range pods {
		use.writers[pod.UID] = true
	}
	if location.unfinished() {
		use.expected = location.job.UID
	}
	return use
}

// newWriter says what began to use the claim since; "" for nothing. Pods that have ended since count.
func (u *claimUse) newWriter(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, annotationTimeout)
	defer cancel()
	namespace := u.location.namespace
	pvc, err := u.client.CoreV1().PersistentVolumeClaims(namespace).Get(ctx, u.location.claim.Name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if use := provenance.Mark(pvc, provenance.UseAnnotation); use != provenance.Mark(u.location.claim, provenance.UseAnnotation) {
		return fmt.Sprintf("job %s began to use claim %s", provenance.JobOf(pvc), pvc.Name), nil
	}
	pods, err := claim.Writers(ctx, u.client, namespace, pvc.Name)
	for i := range pods {
		if pod := &pods[i]; !u.writers[pod.UID] && !u.expects(pod) && !helper.IsHelperPod(pod) {
			return fmt.Sprintf("pod %s began to use claim %s", pod.Name, pvc.Name), nil
		}
	}
	return "", err
}

func (u *claimUse) expects(pod *corev1.Pod) bool {
	controller := metav1.GetControllerOf(pod)
	return controller != nil && u.expected != "" && controller.UID == u.expected
}

// unchanged reports whether nothing else began to write to the claim while its files were read. On a claim that run
// created for one job a new writer is an error: the files of two jobs can be mixed. Users share their own claims by
// design, each job with its own directory: there it is only a note.
func (m *marker) unchanged(ctx context.Context, before *claimUse, destination string) (bool, error) {
	if before == nil {
		return false, nil
	}
	use, err := readWithRetries(ctx, func() (string, error) { return before.newWriter(ctx) })
	switch {
	case err != nil:
		m.messages.sayf("Note: the results are not marked as fetched, because the pods that use claim %s cannot be listed: %v", m.location.claim.Name, err)
		return false, nil
	case use == "":
		return true, nil
	case provenance.MadeResults(m.location.claim):
		return false, fmt.Errorf("%s while fetch read the files: %s may contain files of two jobs; fetch again to another directory", use, destination)
	}
	m.messages.sayf("Note: the results are not marked as fetched, because %s while fetch read the files", use)
	return false, nil
}
