package selector

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// CheckExcept returns an error if a name in --except is neither a job nor a results claim whose job no longer exists.
// Commands that delete or cancel call it: with a mistyped name, they would delete what the user wants to keep.
func (s Selection) CheckExcept(ctx context.Context, client clients.Interface, namespace string) error {
	for _, name := range s.Except {
		exists, err := hasJob(ctx, client, namespace, name)
		if err == nil && !exists {
			exists, err = hasClaimOf(ctx, client, namespace, name)
		}
		if err != nil {
			return fmt.Errorf("checking --except=%s: %w", name, err)
		}
		if !exists {
			return fmt.Errorf("invalid value %q for --except: job not found %s", name, In(namespace))
		}
	}
	return nil
}

func hasJob(ctx context.Context, client clients.Interface, namespace, name string) (bool, error) {
	byName := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()}
	list, err := client.BatchV1().Jobs(namespace).List(ctx, byName)
	if err != nil {
		return false, err
	}
	for i := range list.Items {
		if list.Items[i].Name == name {
			return true, nil
		}
	}
	return false, nil
}

func hasClaimOf(ctx context.Context, client clients.Interface, namespace, job string) (bool, error) {
	byJob := metav1.ListOptions{LabelSelector: labels.Set{provenance.JobLabel: job}.String(), Limit: 1}
	list, err := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, byJob)
	if err != nil {
		return false, err
	}
	return len(list.Items) > 0, nil
}
