package submit

import (
	"encoding/json"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// bare returns what was asked of an object that a server's dry run has completed.
func bare(object runtime.Object) runtime.Object {
	switch o := object.DeepCopyObject().(type) {
	case *batchv1.Job:
		return spec.Bare(o)
	case *corev1.PersistentVolumeClaim:
		spec.BareMeta(&o.ObjectMeta)
		o.Status = corev1.PersistentVolumeClaimStatus{}
		return o
	case *corev1.ConfigMap:
		spec.BareMeta(&o.ObjectMeta)
		return o
	case *corev1.Secret:
		spec.BareMeta(&o.ObjectMeta)
		return o
	case *unstructured.Unstructured:
		for _, field := range []string{"uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"} {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
		unstructured.RemoveNestedField(o.Object, "status")
		return o
	}
	return object
}

// mostApplied is how large all annotations of an object can be
// (TotalAnnotationSizeLimitB in apimachinery's validation): kubectl apply keeps
// the whole object in one.
const mostApplied = 256 << 10

// tooLargeToApply reports whether an object does not fit in an annotation of itself.
func tooLargeToApply(object runtime.Object) bool {
	text, err := json.Marshal(object)
	return err == nil && len(text) > mostApplied-(4<<10) // others need room too
}
