package submit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// errNoContainers is the error for a base job that the API server would refuse.
var errNoContainers = errors.New("invalid Job: spec.template.spec.containers is empty")

// formatPrefix is how many bytes the decoder reads to tell YAML from JSON.
const formatPrefix = 4096

// ParseManifest reads the documents of a manifest: one Job, and other objects that are created with it.
func ParseManifest(data []byte, namespace string) (Base, error) {
	var base Base
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), formatPrefix)
	for {
		document := &unstructured.Unstructured{}
		err := decoder.Decode(&document.Object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return base, err
		}
		if len(document.Object) == 0 {
			continue // nothing between two ---
		}
		if err := base.addObject(document, namespace); err != nil {
			return base, err
		}
	}
	if base.Job == nil {
		return base, errors.New("no Job found (apiVersion: batch/v1, kind: Job)")
	}
	return base, nil
}

// addObject adds an object, or each object of a List.
func (b *Base) addObject(object *unstructured.Unstructured, namespace string) error {
	if object.IsList() {
		return object.EachListItem(func(item runtime.Object) error {
			listed, ok := item.(*unstructured.Unstructured)
			if !ok {
				return fmt.Errorf("a list item is not an object: %T", item)
			}
			return b.addObject(listed, namespace)
		})
	}
	kind, declared := object.GroupVersionKind(), object.GetNamespace()
	switch {
	case kind.Kind == "" || kind.Version == "":
		return errors.New("a document has no apiVersion or no kind")
	case declared != "" && declared != namespace:
		return fmt.Errorf("%s %q belongs to namespace %q, but the current namespace is %q; use -n %s", kind.Kind, object.GetName(), declared, namespace, declared)
	case kind != (schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"}):
		if object.GetName() == "" {
			return fmt.Errorf("a %s has no metadata.name", kind.Kind)
		}
		b.Others = append(b.Others, object)
		return nil
	case b.Job != nil:
		return fmt.Errorf("more than one Job found, %q and %q; only one is allowed", b.Job.Name+b.Job.GenerateName, object.GetName()+object.GetGenerateName())
	}
	return b.setJob(object)
}

// setJob decodes the Job. If it was read from a cluster, what the cluster added is removed.
func (b *Base) setJob(object *unstructured.Unstructured) error {
	decoded := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, decoded, true); err != nil {
		return fmt.Errorf("invalid Job: %w", cmp.Or(spec.FieldErrors(object.Object), err))
	}
	if len(decoded.Spec.Template.Spec.Containers) == 0 {
		return errNoContainers
	}
	status, _, _ := unstructured.NestedMap(object.Object, "status") // kubectl create --dry-run writes an empty one
	b.Stored = decoded.UID != "" || len(status) > 0
	spec.Uncancel(decoded)
	b.Job = spec.Bare(decoded)
	spec.Forget(b.Job)
	return nil
}
