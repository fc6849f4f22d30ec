package faketest

import (
	"cmp"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clienttesting "k8s.io/client-go/testing"
)

// list returns objects in the order of their names, as the API server does. The
// clientset selects by label afterwards.
func (c *Cluster) list(action clienttesting.Action) (bool, runtime.Object, error) {
	request, ok := action.(clienttesting.ListActionImpl)
	if !ok {
		return false, nil, nil
	}
	list, err := c.clients.Tracker().List(request.GetResource(), request.GetKind(), request.GetNamespace())
	if err != nil {
		return true, nil, err
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return true, nil, err
	}
	slices.SortFunc(items, func(a, b runtime.Object) int { return cmp.Compare(key(a), key(b)) })
	return true, list, meta.SetList(list, items)
}

func key(object runtime.Object) string {
	accessor, err := meta.Accessor(object)
	if err != nil {
		return ""
	}
	return accessor.GetNamespace() + "/" + accessor.GetName()
}

// create gives an object its name and UID, and a job its selector. A dry run ends here.
func (c *Cluster) create(action clienttesting.Action) (bool, runtime.Object, error) {
	request, ok := action.(clienttesting.CreateActionImpl)
	if !ok {
		return false, nil, nil
	}
	accessor, err := meta.Accessor(request.Object)
	if err != nil {
		return true, nil, err
	}
	if accessor.GetName() == "" {
		accessor.SetName(accessor.GetGenerateName() + "x7k2p")
	}
	if accessor.GetUID() == "" {
		accessor.SetUID(UID(accessor.GetName()))
	}
	if job, ok := request.Object.(*batchv1.Job); ok && job.Spec.Selector == nil {
		job.Spec.Selector = selectorOf(job.Name)
	}
	if len(request.CreateOptions.DryRun) == 0 {
		return false, nil, nil
	}
	_, err = c.clients.Tracker().Get(request.GetResource(), request.GetNamespace(), accessor.GetName())
	if err == nil {
		return true, nil, apierrors.NewAlreadyExists(request.GetResource().GroupResource(), accessor.GetName())
	}
	return true, request.Object, nil
}

// selectorOf is how the cluster finds the pods of the job of that name.
func selectorOf(job string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.ControllerUidLabel: string(UID(job))}}
}

// UID is what the cluster gives to an object of that name.
func UID(name string) types.UID { return types.UID("uid-" + name) }

// delete refuses a UID or a version that is not the object's. A dry run ends here.
func (c *Cluster) delete(action clienttesting.Action) (bool, runtime.Object, error) {
	request, ok := action.(clienttesting.DeleteActionImpl)
	if !ok {
		return false, nil, nil
	}
	object, err := c.clients.Tracker().Get(request.GetResource(), request.GetNamespace(), request.GetName())
	if err != nil {
		return true, nil, err
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return true, nil, err
	}
	want := request.DeleteOptions.Preconditions
	if want != nil && want.UID != nil && *want.UID != accessor.GetUID() {
		return true, nil, apierrors.NewConflict(request.GetResource().GroupResource(), request.GetName(),
			fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s)", *want.UID, accessor.GetUID()))
	}
	if want != nil && want.ResourceVersion != nil && *want.ResourceVersion != accessor.GetResourceVersion() {
		return true, nil, apierrors.NewConflict(request.GetResource().GroupResource(), request.GetName(),
			fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s)", *want.ResourceVersion, accessor.GetResourceVersion()))
	}
	return len(request.DeleteOptions.DryRun) > 0, nil, nil
}

// NoNamespace is the name of a namespace that does not exist; all others do.
const NoNamespace = "nosuch"

// namespaceOf answers for namespaces that were not added as objects.
func (c *Cluster) namespaceOf(action clienttesting.Action) (bool, runtime.Object, error) {
	get, ok := action.(clienttesting.GetAction)
	if !ok || get.GetName() == NoNamespace {
		return false, nil, nil
	}
	if _, err := c.clients.Tracker().Get(action.GetResource(), "", get.GetName()); err == nil {
		return false, nil, nil
	}
	return true, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: get.GetName()}}, nil
}
