// Package owner says what the plugin made, for whom, and what is known of it:
// the labels and annotations on jobs, claims and helper pods, and who "you" are.
//
// What it promises: names of labels and annotations, and what their values mean, do
// not change from one version to the next.
package owner

import (
	"context"
	"encoding/json"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Reserved reports whether a label or an annotation of that key is the plugin's own.
func Reserved(key string) bool {
	prefix, _, _ := strings.Cut(key, "/")
	return strings.HasSuffix("."+prefix+"/", "."+domain) || key == ManagedByLabel || key == ComponentLabel
}

// Select selects what the plugin made for that: one of the Components.
func Select(component string) string {
	return ManagedByLabel + "=" + ManagedBy + "," + ComponentLabel + "=" + component
}

// JobOf names the job that something was made for, or a claim was given to last.
func JobOf(object metav1.Object) string {
	if name, _, _ := strings.Cut(object.GetAnnotations()[UseAnnotation], " "); name != "" {
		return name
	}
	return object.GetLabels()[JobLabel]
}

// Made reports whether the plugin made the object.
func Made(object metav1.Object) bool {
	return object.GetLabels()[ManagedByLabel] == ManagedBy
}

// MadeResults reports whether object is a claim that run --results made.
func MadeResults(object metav1.Object) bool {
	return Made(object) && object.GetLabels()[ComponentLabel] == ResultsComponent
}

// EnvSecrets returns the Secrets with variables that belong to a job: those of the
// jobs that it repeats, too.
func EnvSecrets(job metav1.Object) []string {
	return strings.FieldsFunc(job.GetAnnotations()[EnvAnnotation], func(r rune) bool { return r == ',' })
}

// Adopt makes job an owner of the object of that name, beside those that it has:
// a strategic merge goes by their UIDs. patch is the Patch of the object's client.
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

// PatchOf returns a JSON merge patch that sets annotations of the object with
// that UID; an empty value removes one. Another object of the same name refuses it.
// So does one of another version, where version is not "".
func PatchOf(uid types.UID, version string, annotations map[string]string) ([]byte, error) {
	values := map[string]any{}
	for key, value := range annotations {
		if values[key] = value; value == "" {
			values[key] = nil
		}
	}
	metadata := map[string]any{"uid": uid, "annotations": values}
	if version != "" {
		metadata["resourceVersion"] = version
	}
	return json.Marshal(map[string]any{"metadata": metadata})
}
