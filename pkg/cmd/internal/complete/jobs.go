package complete

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// Any chooses every job.
func Any(*batchv1.Job) bool { return true }

// JobList offers the jobs of the namespace that choose selects, for a verb that accepts any number of
// them; each once.
func JobList(f *factory.Factory, choose func(*batchv1.Job) bool) Func {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		return Without(Jobs(cmd, f, word, choose), args), cobra.ShellCompDirectiveNoFileComp
	}
}

// OneJob is JobList for a verb that accepts one JOB; nothing is offered for further arguments.
func OneJob(f *factory.Factory, choose func(*batchv1.Job) bool) Func {
	complete := JobList(f, choose)
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, word)
	}
}

// Jobs returns the completions of word as a JOB, in the form that it begins
// with: NAME, job/NAME or @latest. It may call choose after it has returned because of the time limit.
func Jobs(cmd *cobra.Command, f *factory.Factory, word string, choose func(*batchv1.Job) bool) []string {
	if strings.HasPrefix(word, "@") {
		return beginning([]string{described(job.Latest, "your newest job")}, word)
	}
	kind, _, typed := strings.Cut(word, "/")
	if !typed {
		kind = ""
	} else if _, err := job.ParseRef(kind + "/x"); err != nil {
		return nil
	} else {
		kind += "/"
	}
	words, _ := queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) ([]string, error) {
		return offers(ctx, client.BatchV1().Jobs(namespace), "", word, func(object *batchv1.Job) string {
			if !choose(object) {
				return ""
			}
			age := utilduration.HumanDuration(f.ServerClock().Since(object.CreationTimestamp.Time))
			return described(kind+object.Name, string(job.StateOf(object)), age+" old")
		})
	})
	return words
}

// JobNames returns the names of all jobs of the namespace, in any state; whole is false if
// the response is not complete.
func JobNames(cmd *cobra.Command, f *factory.Factory) (names []string, whole bool) {
	return queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) (names []string, err error) {
		err = job.Each(ctx, client, namespace, metav1.ListOptions{}, func(object *batchv1.Job) error {
			names = append(names, object.Name)
			return nil
		})
		return names, err
	})
}

// Latest returns the name of the user's newest job; "" if the user has no job.
func Latest(cmd *cobra.Command, f *factory.Factory) string {
	names, _ := queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) ([]string, error) {
		name, err := job.Ref(job.Latest).Name(ctx, client, namespace)
		return []string{name}, err
	})
	return strings.Join(names, "")
}

// Without omits what args name already, in any spelling.
func Without(words, args []string) []string {
	var taken []string
	for _, arg := range args {
		taken = append(taken, bare(arg))
	}
	return slices.DeleteFunc(words, func(word string) bool {
		name, _, _ := strings.Cut(word, "\t")
		return slices.Contains(taken, bare(name))
	})
}

// bare is a JOB without its kind.
func bare(arg string) string {
	if ref, err := job.ParseRef(arg); err == nil {
		return string(ref)
	}
	return arg
}
