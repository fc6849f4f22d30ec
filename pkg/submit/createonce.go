package submit

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// retryInterval is the pause before a request is repeated that got no response.
const retryInterval = 500 * time.Millisecond

// resourceClient creates and reads objects of one type.
type resourceClient[T metav1.Object] struct {
	// kind is what kubectl calls them.
	kind   string
	create func(context.Context, T, metav1.CreateOptions) (T, error)
	get    func(context.Context, string, metav1.GetOptions) (T, error)
}

// createOnce creates wanted. A response can be lost after the API server has carried out the request. Then createOnce
// reads the object, and returns it as created if it has the annotation of this run. The error is errUnknown if the
// object cannot be read either.
func createOnce[T metav1.Object](ctx context.Context, t *transaction, client resourceClient[T], wanted T) (T, error) {
	if !t.persists {
		return client.create(ctx, wanted, t.createOptions())
	}
	annotations := wanted.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[provenance.UseAnnotation] = t.use.Text
	wanted.SetAnnotations(annotations)
	created, err := client.create(ctx, wanted, t.createOptions())
	if err == nil || isRefusal(err) {
		return created, err
	}
	return confirmCreated(ctx, t, client, wanted, interrupt.Explain(ctx, err))
}

// confirmCreated reads an object whose creation failed with cause.
func confirmCreated[T metav1.Object](ctx context.Context, t *transaction, client resourceClient[T], wanted T, cause error) (T, error) {
	reading, cancel := interrupt.Tidy(ctx, undoLimit)
	defer cancel()
	var none T
	name := wanted.GetName()
	existing, err := client.get(reading, name, metav1.GetOptions{})
	for err != nil && !apierrors.IsNotFound(err) && watcher.Sleep(reading, retryInterval) {
		existing, err = client.get(reading, name, metav1.GetOptions{})
	}
	switch {
	case apierrors.IsNotFound(err):
		return none, fmt.Errorf("creating %s %q: %w", client.kind, name, cause)
	case err != nil:
		return none, fmt.Errorf("creating %s %q: %w; %w; to check, run \"kubectl get %s %s\"", client.kind, name, cause, errUnknown, client.kind, name)
	case existing.GetAnnotations()[provenance.UseAnnotation] == t.use.Text:
		return existing, nil
	}
	return none, apierrors.NewAlreadyExists(schema.GroupResource{Resource: client.kind}, name)
}

// isRefusal reports whether the API server has refused a request before it changed anything.
func isRefusal(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= 400 && code < 500
}
