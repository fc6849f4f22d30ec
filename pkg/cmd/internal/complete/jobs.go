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

// JobList is the jobs of the namespace that choose takes, for a verb that takes any number of
// them; each once.
func JobList(f *factory.Factory, choose func(*batchv1.Job) bool) Func {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		return Without(Jobs(cmd, f, word, choose), args), cobra.ShellCompDirectiveNoFileComp
	}
}

// OneJob is JobList for a verb that takes one JOB, and then nothing that can be guessed.
func OneJob(f *factory.Factory, choose func(*batchv1.Job) bool) Func {
	complete := JobList(f, choose)
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return complete(cmd, args, word)
	}
}

// Jobs returns what word can become where a JOB is expected, in the spelling that it begins
// with: NAME, job/NAME or @latest. Choose may be called after Jobs has given up.
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

// JobNames returns the names of all jobs of the namespace, in any state; known is false where
// the cluster did not tell all of them in time.
func JobNames(cmd *cobra.Command, f *factory.Factory) (names []string, whole bool) {
	return queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) (names []string, err error) {
		err = job.Each(ctx, client, namespace, metav1.ListOptions{}, func(object *batchv1.Job) error {
			names = append(names, object.Name)
			return nil
		})
		return names, err
	})
}

// Latest returns the name of the caller's newest job; empty where there is none.
func Latest(cmd *cobra.Command, f *factory.Factory) string {
	names, _ := queryCluster(cmd, f, func(ctx context.Context, client clients.Interface, namespace string) ([]string, error) {
		name, err := job.Ref(job.Latest).Name(ctx, client, namespace)
		return []string{name}, err
	})
	return strings.Join(names, "")
}

// Without leaves out what args name already, in whatever spelling.
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
