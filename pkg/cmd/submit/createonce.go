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

// lookEvery is the pause between two looks for an object whose creation got no response.
const lookEvery = 500 * time.Millisecond

// creation is how objects of one type are created and read.
type creation[T metav1.Object] struct {
	// kind is what kubectl calls them.
	kind   string
	create func(context.Context, T, metav1.CreateOptions) (T, error)
	get    func(context.Context, string, metav1.GetOptions) (T, error)
}

// errUnknown says that the cluster may have created an object or not.
var errUnknown = errors.New("it is unknown whether it was created")

// createOnce creates wanted. A response can be lost after the API server has carried out the request: then
// createOnce reads the object, and returns it as created if it carries the text of this run. The error is
// errUnknown where the object cannot be read either.
func createOnce[T metav1.Object](ctx context.Context, c *changes, of creation[T], wanted T) (T, error) {
	if c.request.dryRun != dryRunNone {
		return of.create(ctx, wanted, c.request.createOptions())
	}
	annotations := wanted.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[provenance.UseAnnotation] = c.use.Text
	wanted.SetAnnotations(annotations)
	made, err := of.create(ctx, wanted, c.request.createOptions())
	if err == nil || refusedForCertain(err) {
		return made, err
	}
	err = interrupt.Explain(ctx, err)
	look, cancel := interrupt.Tidy(ctx, undoing)
	defer cancel()
	there, lookErr := of.get(look, wanted.GetName(), metav1.GetOptions{})
	for lookErr != nil && !apierrors.IsNotFound(lookErr) && watcher.Sleep(look, lookEvery) {
		there, lookErr = of.get(look, wanted.GetName(), metav1.GetOptions{})
	}
	switch {
	case apierrors.IsNotFound(lookErr):
		return made, fmt.Errorf("creating %s %q: %w", of.kind, wanted.GetName(), err)
	case lookErr != nil:
		return made, fmt.Errorf("creating %s %q: %w; %w; to check, run \"kubectl get %s %s\"", of.kind, wanted.GetName(), err, errUnknown, of.kind, wanted.GetName())
	case there.GetAnnotations()[provenance.UseAnnotation] == c.use.Text:
		return there, nil
	}
	return made, apierrors.NewAlreadyExists(schema.GroupResource{Resource: of.kind}, wanted.GetName())
}

// refusedForCertain reports whether the API server has refused a request before it changed anything.
func refusedForCertain(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return false
	}
	code := status.Status().Code
	return code >= 400 && code < 500
}
