package submit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Base is the job that a request changes. At most one of Job, CronJob and Repeat is set; the zero value is a new job.
type Base struct {
	// Job is the job of a manifest.
	Job *batchv1.Job
	// Stored says that Job was read from a cluster: its manifest has a UID or a status.
	Stored bool
	// Others are the other objects of the manifest.
	Others []*unstructured.Unstructured
	// CronJob names a CronJob with the template of the job.
	CronJob string
	// Repeat is a job to run again.
	Repeat job.Ref
}

// IsNewJob reports whether there is no base.
func (b Base) IsNewJob() bool { return b.Job == nil && b.CronJob == "" && b.Repeat == "" }

// contains reports whether the manifest contains the referenced object.
func (b Base) contains(reference Reference) bool {
	kinds := map[Kind]string{ClaimKind: "PersistentVolumeClaim", SecretKind: "Secret", ConfigMapKind: "ConfigMap", ServiceAccountKind: "ServiceAccount"}
	return slices.ContainsFunc(b.Others, func(o *unstructured.Unstructured) bool {
		return o.GetName() == reference.Name && o.GetKind() == kinds[reference.Kind]
	})
}

// readBase sets base to a copy of the base job, nil for a new job, and repeated to the job that is run again.
func (r *resolution) readBase(ctx context.Context) error {
	switch {
	case r.request.Base.CronJob != "":
		created, err := r.jobOfCronJob(ctx)
		r.base = created
		return err
	case r.request.Base.Repeat != "":
		repeated, err := job.Get(ctx, r.cluster.Client, r.request.Namespace, r.request.Base.Repeat)
		if err != nil {
			return err
		}
		r.repeated, r.base = repeated, spec.Again(repeated)
	case r.request.Base.Job != nil:
		r.base = r.request.Base.Job.DeepCopy()
	}
	return nil
}

// jobOfCronJob returns the job that kubectl create job --from creates.
func (r *resolution) jobOfCronJob(ctx context.Context) (*batchv1.Job, error) {
	name := r.request.Base.CronJob
	cron, err := r.cluster.Client.BatchV1().CronJobs(r.request.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("--from: no CronJob %q in namespace %q", name, r.request.Namespace)
	case err != nil:
		return nil, fmt.Errorf("reading CronJob %q: %w", name, err)
	}
	controls := true // as in kubectl: the job counts in the history of the CronJob
	created := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
		Labels: maps.Clone(cron.Spec.JobTemplate.Labels), Annotations: maps.Clone(cron.Spec.JobTemplate.Annotations),
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: cron.Name, UID: cron.UID, Controller: &controls}},
	}, Spec: *cron.Spec.JobTemplate.Spec.DeepCopy()}
	metav1.SetMetaDataAnnotation(&created.ObjectMeta, "cronjob.kubernetes.io/instantiate", "manual")
	return created, nil
}

// noteSuspended adds a note if the job that is run again was suspended.
func (r *resolution) noteSuspended(context.Context) error {
	if r.repeated != nil && job.StateOf(r.repeated) == job.Suspended && !r.spec.Lifecycle.Suspend {
		r.note("job %s is suspended, but the new job is not; use --suspend to create it suspended", r.repeated.Name)
	}
	return nil
}

// resultsClaimOf returns the name of the claim that holds the results of a job; "" for none.
func resultsClaimOf(object *batchv1.Job) string {
	if object == nil {
		return ""
	}
	return object.Annotations[provenance.ResultsAnnotation]
}
