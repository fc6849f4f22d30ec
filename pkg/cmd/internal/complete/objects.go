package complete

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// question lists the words that begin with typed, in a namespace.
type question func(ctx context.Context, client clients.Interface, namespace, typed string) ([]string, error)

// names offers what a question finds.
func names(f *factory.Factory, find question) Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		words, _ := queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) ([]string, error) {
			return find(ctx, client, namespace, word)
		})
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// Claims returns the claims of the namespace that choose selects, as pvc/NAME, if word
// is a beginning of it. It may call choose after it has returned because of the time limit.
func Claims(cmd *cobra.Command, f *factory.Factory, word, selector string, choose func(*corev1.PersistentVolumeClaim) bool) []string {
	const kind = "pvc/"
	if short := min(len(word), len(kind)); word[:short] != kind[:short] {
		return nil
	}
	return claims(cmd, f, kind, word, selector, choose)
}

// ClaimNames offers the claims of the namespace by their names. More can follow one.
func ClaimNames(f *factory.Factory) Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		every := func(*corev1.PersistentVolumeClaim) bool { return true }
		return claims(cmd, f, "", word, "", every), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func claims(cmd *cobra.Command, f *factory.Factory, kind, typed, selector string, choose func(*corev1.PersistentVolumeClaim) bool) []string {
	words, _ := queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) ([]string, error) {
		return offers(ctx, client.CoreV1().PersistentVolumeClaims(namespace), selector, typed, func(pvc *corev1.PersistentVolumeClaim) string {
			if !choose(pvc) {
				return ""
			}
			size := claim.Size(pvc)
			return described(kind+pvc.Name, size.String(), string(pvc.Status.Phase))
		})
	})
	return words
}

// CronJobs offers cronjob/NAME.
func CronJobs(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client clients.Interface, namespace, typed string) ([]string, error) {
		return offers(ctx, client.BatchV1().CronJobs(namespace), "", typed, func(cronJob *batchv1.CronJob) string {
			return described("cronjob/"+cronJob.Name, cronJob.Spec.Schedule)
		})
	})
}

// ServiceAccounts offers the service accounts of the namespace.
func ServiceAccounts(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client clients.Interface, namespace, typed string) ([]string, error) {
		return offers(ctx, client.CoreV1().ServiceAccounts(namespace), "", typed, (*corev1.ServiceAccount).GetName)
	})
}

// StorageClasses offers the storage classes of the cluster, if the user may list them.
func StorageClasses(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client clients.Interface, _, typed string) ([]string, error) {
		return offers(ctx, client.StorageV1().StorageClasses(), "", typed, func(class *storagev1.StorageClass) string {
			return described(class.Name, class.Provisioner)
		})
	})
}

// PriorityClasses offers the priority classes of the cluster, if the user may list them.
func PriorityClasses(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client clients.Interface, _, typed string) ([]string, error) {
		return offers(ctx, client.SchedulingV1().PriorityClasses(), "", typed, (*schedulingv1.PriorityClass).GetName)
	})
}

// Namespaces offers the namespaces of the cluster. If the user may not list them, it offers those in the
// kubeconfig.
func Namespaces(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client clients.Interface, _, typed string) ([]string, error) {
		words, err := offers(ctx, client.CoreV1().Namespaces(), "", typed, (*corev1.Namespace).GetName)
		if err != nil {
			words, err = namespacesOfContexts(f)
		}
		return beginning(words, typed), err
	})
}

func namespacesOfContexts(f *factory.Factory) (words []string, err error) {
	config, err := f.Client.Kubeconfig()
	for _, context := range config.Contexts {
		if context.Namespace != "" {
			words = append(words, context.Namespace)
		}
	}
	slices.Sort(words)
	return slices.Compact(words), err
}
