// Package purge deletes finished jobs, and the objects that were created for
// them: pods, scripts, Secrets, and results claims whose results were fetched.
//
// It keeps unfinished jobs, and jobs that a controller manages
// unless they are requested explicitly. It deletes a claim only if run created it, its results were
// fetched since the job ended (or may be discarded), and nothing else uses it.
// It deletes every object by its UID and, if the decision depends on its state, by its resource
// version: it keeps what was created or changed since.
package purge

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Object is what deleting one thing, and only that, needs to know of it.
type Object struct {
	Kind            Kind
	Name, Namespace string
	UID             types.UID
	// Version is the resourceVersion of the object when it was read; "" if later changes
	// do not matter.
	Version string
}

// Shown returns the name of the object for users who listed namespace, or all namespaces if it is "".
func (o Object) Shown(namespace string) string {
	if namespace == "" {
		return o.Namespace + "/" + o.Name
	}
	return o.Name
}

// Job is a finished job, reduced to what is needed: a namespace can hold tens of
// thousands.
type Job struct {
	Object

	State    job.State
	Finished time.Time
	// Claims are the claims that its pods write to, Results the claim that run gave it.
	Claims  []string
	Results string
	// Record tells whether its results were fetched, and who owns them.
	Record claim.Record
	// Keeper is what manages the job, such as "CronJob nightly"; "" for nothing.
	Keeper string
	// Group is the value of the label that the newest are kept by.
	Group string
	// Going means that it is already being deleted.
	Going bool
}

// Reduce returns what is needed of a finished job; groupBy is a label, or empty.
func Reduce(object *batchv1.Job, groupBy string) Job {
	finished, _ := job.Finished(object)
	return Job{
		Object: Object{Kind: KindJob, Name: object.Name, Namespace: object.Namespace, UID: object.UID, Version: object.ResourceVersion},
		State:  job.StateOf(object), Finished: finished,
		Claims: claim.Written(object), Results: object.Annotations[provenance.ResultsAnnotation],
		Record: claim.RecordOfJob(object),
		Keeper: keeper(object), Group: object.Labels[groupBy], Going: object.DeletionTimestamp != nil,
	}
}

// keeper names what manages a job and may create it again: its controller, or
// a tool that applied it from a repository of manifests. Helm and Flux set labels,
// Argo CD sets annotations (https://helm.sh/docs/chart_best_practices/labels,
// https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking,
// https://fluxcd.io/flux/components/kustomize/kustomizations).
func keeper(object *batchv1.Job) string {
	if controller := metav1.GetControllerOf(object); controller != nil {
		return controller.Kind + " " + controller.Name
	}
	for _, mark := range []struct{ key, value, tool string }{
		{provenance.ManagedByLabel, "Helm", "Helm"},
		{"argocd.argoproj.io/instance", "", "Argo CD"},
		{"argocd.argoproj.io/tracking-id", "", "Argo CD"},
		{"argocd.argoproj.io/hook", "", "Argo CD"},
		{"meta.helm.sh/release-name", "", "Helm"},
		{"helm.sh/hook", "", "Helm"},
		{"kustomize.toolkit.fluxcd.io/name", "", "Flux"},
		{"helm.toolkit.fluxcd.io/name", "", "Flux"},
	} {
		for _, marks := range []map[string]string{object.Labels, object.Annotations} {
			if value, ok := marks[mark.key]; ok && (mark.value == "" || value == mark.value) {
				return mark.tool
			}
		}
	}
	return ""
}
