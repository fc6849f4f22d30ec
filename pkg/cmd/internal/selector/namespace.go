package selector

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// CheckNamespace returns an error if a namespace does not exist: a list of its jobs is empty
// without an error. It returns nil if the user may not read the namespace.
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
