// Package provenance records what the plugin created, for whom, and its history, in
// labels and annotations on jobs, claims and helper pods. It also identifies the user.
//
// The names of labels and annotations, and the meanings of their values, do
// not change between versions.
package provenance

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// Reserved reports whether a label or an annotation of that key is the plugin's own.
func Reserved(key string) bool {
	prefix, _, _ := strings.Cut(key, "/")
	return strings.HasSuffix("."+prefix+"/", "."+domain) || key == ManagedByLabel || key == ComponentLabel
}

// Select selects the objects that the plugin created for a purpose: one of the Components.
func Select(component string) string {
	return ManagedByLabel + "=" + ManagedBy + "," + ComponentLabel + "=" + component
}

// JobOf returns the name of the job that an object was created for, or a claim was given to last.
func JobOf(object metav1.Object) string {
	if name, _, _ := strings.Cut(Mark(object, UseAnnotation), " "); name != "" {
		return name
	}
	return object.GetLabels()[JobLabel]
}

// Made reports whether the plugin created the object.
func Made(object metav1.Object) bool {
	return object.GetLabels()[ManagedByLabel] == ManagedBy
}

// MadeResults reports whether object is a claim that run --results created. A copy of such a claim has its
// labels, but not its marks: it counts as created by a user.
func MadeResults(object metav1.Object) bool {
	return Made(object) && object.GetLabels()[ComponentLabel] == ResultsComponent && Mark(object, UseAnnotation) != ""
}

// SetCreatedAs writes on an object, which does not exist yet, under which name run creates it.
func SetCreatedAs(object *metav1.ObjectMeta) {
	metav1.SetMetaDataAnnotation(object, CreatedAsAnnotation, object.Namespace+"/"+object.Name)
}

// IsCopy reports whether object is not the one that run created, but a copy of it under another name or in another
// namespace, such as a backup tool makes. Run does not know the UID of an object when it creates it.
func IsCopy(object metav1.Object) bool {
	return object.GetAnnotations()[CreatedAsAnnotation] != object.GetNamespace()+"/"+object.GetName()
}

// OfJob returns the user for whom run created job; "" if unknown, as for a copy of a Job.
func OfJob(job *batchv1.Job) string {
	if IsCopy(job) {
		return ""
	}
	return job.Annotations[Annotation]
}

// SelectsOwner reports whether a label selector selects objects by the user that run created them for.
func SelectsOwner(selector string) bool {
	requirements, err := labels.ParseToRequirements(selector)
	return err == nil && slices.ContainsFunc(requirements, func(requirement labels.Requirement) bool { return requirement.Key() == Label })
}

// EnvSecrets returns the names of the Secrets with variables of a job, including those of the
// jobs that it repeats.
func EnvSecrets(job metav1.Object) []string {
	return strings.FieldsFunc(job.GetAnnotations()[EnvAnnotation], func(r rune) bool { return r == ',' })
}

// Adopt adds job to the owners of the object of that name. It keeps the other owners, because
// a strategic merge identifies them by UID. patch is the Patch function of the object's client.
func Adopt[T any](ctx context.Context, job *batchv1.Job, name string,
	patch func(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (T, error),
) error {
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{"ownerReferences": []metav1.OwnerReference{
		{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID},
	}}})
	if err != nil {
		return err
	}
	_, err = patch(ctx, name, types.StrategicMergePatchType, data, metav1.PatchOptions{})
	return err
}
