// Package purge deletes jobs that are finished, and with them what was made for
// them: pods, scripts, Secrets, and results volumes whose results were fetched.
//
// What it promises: a job that is not finished stays, and one that a controller looks
// after, unless that is asked for. A claim goes only if run made it, its results were
// fetched since the job ended (or losing them is asked for), and nothing else uses it.
// Everything is deleted by its UID and, where its state decided, by its resource
// version: what was made or changed since stays.
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
	// Version is the resourceVersion that it was looked at with; empty where a change
	// since does not matter.
	Version string
}

// Shown returns the name of the object for people, who looked in namespace or, where that is empty, in all.
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
	// Claims are those that its pods write to, Results the one that run gave it.
	Claims  []string
	Results string
	// Record tells whether its results were fetched, and whose they are.
	Record claim.Record
	// Keeper is what else looks after it, such as "CronJob nightly"; empty for nothing.
	Keeper string
	// Group is the value of the label that the newest are kept by.
	Group string
	// Going says that it is being deleted already.
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

// keeper names what would make a job again, or counts on it: its controller, or
// what put it there from a repository of manifests. Helm and Flux say so in the labels,
// Argo CD in the annotations (https://helm.sh/docs/chart_best_practices/labels,
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
