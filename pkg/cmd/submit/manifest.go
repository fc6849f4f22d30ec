package submit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// buffered is how much the decoder reads to tell YAML from JSON.
const buffered = 4096

// decode reads the documents of a manifest: one Job, and what goes with it.
func (b *base) decode(data []byte, namespace string) error {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(data), buffered)
	for {
		document := &unstructured.Unstructured{}
		err := decoder.Decode(&document.Object)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if len(document.Object) == 0 {
			continue // between two ---
		}
		if err := b.add(document, namespace); err != nil {
			return err
		}
	}
	if b.job == nil {
		return errors.New("there is no Job in it (apiVersion: batch/v1, kind: Job)")
	}
	return nil
}

// add takes an object, or each of a List.
func (b *base) add(object *unstructured.Unstructured, namespace string) error {
	if object.IsList() {
		return object.EachListItem(func(item runtime.Object) error {
			one, ok := item.(*unstructured.Unstructured)
			if !ok {
				return fmt.Errorf("an item of the list is no object: %T", item)
			}
			return b.add(one, namespace)
		})
	}
	kind, in := object.GroupVersionKind(), object.GetNamespace()
	switch {
	case kind.Kind == "" || kind.Version == "":
		return errors.New("a document has no apiVersion or no kind")
	case in != "" && in != namespace:
		return fmt.Errorf("%s %q is of namespace %q, and this one is %q: -n %s works there", kind.Kind, object.GetName(), in, namespace, in)
	case kind != (schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"}):
		if object.GetName() == "" {
			return fmt.Errorf("a %s has no name", kind.Kind)
		}
		b.others = append(b.others, object)
		return nil
	case b.job != nil:
		return fmt.Errorf("there are two jobs in it, %q and %q: one at a time", b.job.Name+b.job.GenerateName, object.GetName()+object.GetGenerateName())
	}
	return b.take(object)
}

// take reads the Job; one that was read out of a cluster is taken as it was asked for.
func (b *base) take(object *unstructured.Unstructured) error {
	made := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, made, true); err != nil {
		return fmt.Errorf("the Job: %w", cmp.Or(spec.FieldErrors(object.Object), err))
	}
	if len(made.Spec.Template.Spec.Containers) == 0 {
		return errors.New("the Job has no container")
	}
	status, _, _ := unstructured.NestedMap(object.Object, "status") // kubectl create --dry-run writes an empty one
	b.stored = made.UID != "" || len(status) > 0
	spec.Uncancel(made)
	b.job = spec.Bare(made)
	spec.Forget(b.job)
	return nil
}

// brings reports whether the manifest has what a flag names.
func (b *base) brings(one named) bool {
	kinds := map[kind]string{claimKind: "PersistentVolumeClaim", secretKind: "Secret", configMapKind: "ConfigMap", accountKind: "ServiceAccount"}
	return slices.ContainsFunc(b.others, func(o *unstructured.Unstructured) bool {
		return o.GetName() == one.name && o.GetKind() == kinds[one.kind]
	})
}
