package selector

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// CheckNamespace returns an error where a namespace does not exist. A list of its jobs is empty
// then, as if there was nothing to do. A user who may not read it gets none.
func CheckNamespace(ctx context.Context, client clients.Interface, namespace string) error {
	if namespace == metav1.NamespaceAll {
		return nil
	}
	_, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("namespace %q does not exist", namespace)
	}
	return nil
}
