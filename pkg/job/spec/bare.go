package spec

import (
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Bare returns a copy of job without the values that a cluster has added, so that it can be
// created there again, or in another cluster.
func Bare(job *batchv1.Job) *batchv1.Job {
	bare := job.DeepCopy()
	BareMeta(&bare.ObjectMeta)
	bare.Status = batchv1.JobStatus{}
	if manual := bare.Spec.ManualSelector; manual != nil && *manual {
		return bare
	}
	bare.Spec.Selector, bare.Spec.ManualSelector = nil, nil
	template := &bare.Spec.Template
	template.CreationTimestamp = metav1.Time{}
	for _, label := range generatedLabels() {
		delete(template.Labels, label)
		delete(bare.Labels, label)
	}
	return bare
}

// generatedLabels are what the API server gives to the pods of a job, in their
// present and their older spelling.
func generatedLabels() []string {
	return []string{batchv1.ControllerUidLabel, batchv1.JobNameLabel, "controller-uid", "job-name"}
}

// BareMeta removes what a cluster writes into the metadata of every object.
func BareMeta(meta *metav1.ObjectMeta) {
	meta.UID, meta.ResourceVersion = "", ""
	meta.Generation = 0
	meta.CreationTimestamp = metav1.Time{}
	meta.DeletionTimestamp, meta.DeletionGracePeriodSeconds = nil, nil
	meta.ManagedFields, meta.Finalizers = nil, nil
}

// Again returns job as it was requested, to be created again under another
// name: without its history, its owner, and its suspension.
func Again(job *batchv1.Job) *batchv1.Job {
	copied := job.DeepCopy()
	Uncancel(copied)
	copied = Bare(copied)
	copied.Spec.Suspend, copied.Spec.ManagedBy = nil, nil
	if manual := copied.Spec.ManualSelector; manual != nil && *manual {
		copied.Spec.Selector, copied.Spec.ManualSelector = nil, nil // it would take the first one's pods
	}
	Forget(copied)
	return copied
}

// ReplaceEndedPodsOnly makes the Job controller replace a pod only after it has
// ended, because two pods of one task would write to one results directory. It
// keeps a policy that job specifies, unless stored is true, which means that job was read from a
// cluster: the API server writes its default into every Job that it stores. It
// returns the policy that it changed, "" for none.
func ReplaceEndedPodsOnly(job *batchv1.Job, stored bool) batchv1.PodReplacementPolicy {
	failed := batchv1.Failed
	named := job.Spec.PodReplacementPolicy
	if named != nil && !stored && job.Spec.PodFailurePolicy == nil { // a PodFailurePolicy admits no other
		return ""
	}
	job.Spec.PodReplacementPolicy = &failed
	if named == nil || *named == failed {
		return ""
	}
	return *named
}

// Forget removes the history and the owner from the metadata of job.
func Forget(job *batchv1.Job) {
	job.OwnerReferences = nil
	for _, meta := range []*metav1.ObjectMeta{&job.ObjectMeta, &job.Spec.Template.ObjectMeta} {
		for key := range meta.Annotations {
			if recordsOutcome(key) {
				delete(meta.Annotations, key)
			}
		}
	}
}

// recordsOutcome reports whether an annotation records the history of a job.
func recordsOutcome(key string) bool {
	return slices.Contains([]string{
		provenance.FetchedAnnotation, provenance.FetchedByAnnotation, provenance.FetchedOfAnnotation, provenance.FetchedFilesAnnotation, provenance.FetchedDigestAnnotation,
		provenance.EmptyAnnotation, provenance.UseAnnotation,
		corev1.LastAppliedConfigAnnotation, "cronjob.kubernetes.io/instantiate", "cronjob.kubernetes.io/scheduled-timestamp",
	}, key) || strings.HasPrefix(key, "batch.kubernetes.io/")
}

// Claims returns the names of the claims that the pods of job mount, each once,
// and whether any of their mounts is written to.
func Claims(job *batchv1.Job) map[string]bool {
	written := map[string]bool{}
	for _, v := range job.Spec.Template.Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			written[v.PersistentVolumeClaim.ClaimName] = written[v.PersistentVolumeClaim.ClaimName] || !v.PersistentVolumeClaim.ReadOnly
		}
	}
	return written
}
