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
		return errors.New("no Job found (apiVersion: batch/v1, kind: Job)")
	}
	return nil
}

// add takes an object, or each of a List.
func (b *base) add(object *unstructured.Unstructured, namespace string) error {
	if object.IsList() {
		return object.EachListItem(func(item runtime.Object) error {
			one, ok := item.(*unstructured.Unstructured)
			if !ok {
				return fmt.Errorf("a list item is not an object: %T", item)
			}
			return b.add(one, namespace)
		})
	}
	kind, in := object.GroupVersionKind(), object.GetNamespace()
	switch {
	case kind.Kind == "" || kind.Version == "":
		return errors.New("a document has no apiVersion or no kind")
	case in != "" && in != namespace:
		return fmt.Errorf("%s %q belongs to namespace %q, but the current namespace is %q; use -n %s", kind.Kind, object.GetName(), in, namespace, in)
	case kind != (schema.GroupVersionKind{Group: "batch", Version: "v1", Kind: "Job"}):
		if object.GetName() == "" {
			return fmt.Errorf("a %s has no metadata.name", kind.Kind)
		}
		b.others = append(b.others, object)
		return nil
	case b.job != nil:
		return fmt.Errorf("more than one Job found, %q and %q; only one is allowed", b.job.Name+b.job.GenerateName, object.GetName()+object.GetGenerateName())
	}
	return b.take(object)
}

// take reads the Job; one that was read out of a cluster is taken as it was asked for.
func (b *base) take(object *unstructured.Unstructured) error {
	made := &batchv1.Job{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, made, true); err != nil {
		return fmt.Errorf("invalid Job: %w", cmp.Or(spec.FieldErrors(object.Object), err))
	}
	if len(made.Spec.Template.Spec.Containers) == 0 {
		return errors.New("invalid Job: spec.template.spec.containers is empty")
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
