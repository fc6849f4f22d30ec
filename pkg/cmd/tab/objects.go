package tab

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// names asks for words, and offers those that begin as they should.
func names(f *factory.Factory, question func(context.Context, cluster.Interface, string) ([]string, error)) Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		return beginning(ask(cmd, f, question), word), cobra.ShellCompDirectiveNoFileComp
	}
}

// Claims returns the claims of the namespace that choose takes, as pvc/NAME, where word
// begins as one of these does.
func Claims(cmd *cobra.Command, f *factory.Factory, word, selector string, choose func(*corev1.PersistentVolumeClaim) bool) []string {
	const kind = "pvc/"
	if short := min(len(word), len(kind)); word[:short] != kind[:short] {
		return nil
	}
	return beginning(claims(cmd, f, kind, selector, choose), word)
}

// ClaimNames offers the claims of the namespace by their names. More can follow one.
func ClaimNames(f *factory.Factory) Func {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		all := func(*corev1.PersistentVolumeClaim) bool { return true }
		return beginning(claims(cmd, f, "", "", all), word), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}

func claims(cmd *cobra.Command, f *factory.Factory, kind, selector string, choose func(*corev1.PersistentVolumeClaim) bool) []string {
	return ask(cmd, f, func(ctx context.Context, client cluster.Interface, namespace string) (words []string, err error) {
		found, err := client.CoreV1().PersistentVolumeClaims(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: listed})
		if err != nil {
			return nil, err
		}
		for _, claim := range found.Items {
			if choose(&claim) {
				size := volume.Size(&claim)
				words = append(words, described(kind+claim.Name, size.String(), string(claim.Status.Phase)))
			}
		}
		return words, nil
	})
}

// CronJobs offers cronjob/NAME.
func CronJobs(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client cluster.Interface, namespace string) (words []string, err error) {
		found, err := client.BatchV1().CronJobs(namespace).List(ctx, metav1.ListOptions{Limit: listed})
		if err != nil {
			return nil, err
		}
		for _, one := range found.Items {
			words = append(words, described("cronjob/"+one.Name, one.Spec.Schedule))
		}
		return words, nil
	})
}

// ServiceAccounts offers those of the namespace.
func ServiceAccounts(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client cluster.Interface, namespace string) (words []string, err error) {
		found, err := client.CoreV1().ServiceAccounts(namespace).List(ctx, metav1.ListOptions{Limit: listed})
		if err != nil {
			return nil, err
		}
		for _, one := range found.Items {
			words = append(words, one.Name)
		}
		return words, nil
	})
}

// StorageClasses offers those of the cluster, to who may list them.
func StorageClasses(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client cluster.Interface, _ string) (words []string, err error) {
		found, err := client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{Limit: listed})
		if err != nil {
			return nil, err
		}
		for _, one := range found.Items {
			words = append(words, described(one.Name, one.Provisioner))
		}
		return words, nil
	})
}

// PriorityClasses offers those of the cluster, to who may list them.
func PriorityClasses(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client cluster.Interface, _ string) (words []string, err error) {
		found, err := client.SchedulingV1().PriorityClasses().List(ctx, metav1.ListOptions{Limit: listed})
		if err != nil {
			return nil, err
		}
		for _, one := range found.Items {
			words = append(words, one.Name)
		}
		return words, nil
	})
}

// Namespaces offers those of the cluster. Who may not list them is offered those that the
// kubeconfig names.
func Namespaces(f *factory.Factory) Func {
	return names(f, func(ctx context.Context, client cluster.Interface, _ string) (words []string, err error) {
		found, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: listed})
		if err != nil {
			return namespacesOfContexts(f)
		}
		for _, one := range found.Items {
			words = append(words, one.Name)
		}
		return words, nil
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
