package fetch

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/complete"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/pathcache"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

// mostPaths is how many are offered at once.
const mostPaths = 300

// completeFlags says what completes the flags.
func completeFlags(f *factory.Factory, cmd *cobra.Command) {
	selector.Complete(cmd, complete.JobList(f, hasResults))
	complete.Flags(cmd, map[string]complete.Func{
		"compress":  complete.Values(compressions()...),
		"dir":       complete.Folders,
		"manifest":  complete.Files,
		"output":    complete.Values("json"),
		"progress":  complete.Values(progresses()...),
		"transport": complete.Values(transports()...),
		"links":     complete.Values(linkModes()...),
	})
}

// complete offers jobs that have results, or claims, and behind one of them the paths that
// the last fetch of it saw. It never looks into a volume: a pod would have to start.
func (o *Flags) complete(f *factory.Factory) complete.Func {
	return func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
		switch {
		case o.several():
			return nil, cobra.ShellCompDirectiveNoFileComp
		case len(args) == 0 && strings.Contains(word, "/") && isClaimKind(strings.Split(word, "/")[0]):
			return complete.Claims(cmd, f, word, "", hasVolume), cobra.ShellCompDirectiveNoFileComp
		case len(args) == 0:
			return complete.Jobs(cmd, f, word, hasResults), cobra.ShellCompDirectiveNoFileComp
		}
		return completePaths(cmd, f, args, word)
	}
}

// completePaths offers what follows the JOB or claim that args begin with, folder by folder.
func completePaths(cmd *cobra.Command, f *factory.Factory, args []string, word string) ([]string, cobra.ShellCompDirective) {
	kept, ok := known(cmd, f, args[0])
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if spoils(f, word) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words, folder := kept.Complete(word, mostPaths)
	words = slices.DeleteFunc(words, func(one string) bool { return slices.Contains(args[1:], one) })
	if folder {
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// likeFlag matches what cobra's scripts for zsh and fish take for a flag and its value, wherever
// in a word it stands: they would put it into the line twice.
var likeFlag = regexp.MustCompile("-.*=")

// spoils reports whether the shell would spoil the line with an answer. That of bash does not.
func spoils(f *factory.Factory, word string) bool {
	shell, _ := f.LookupEnv("SHELL")
	return likeFlag.MatchString(word) && path.Base(shell) != "bash"
}

// known is what earlier fetches saw of a JOB or claim as it was typed.
func known(cmd *cobra.Command, f *factory.Factory, typed string) (pathcache.Kept, bool) {
	complete.Ready(cmd)
	server, err := f.Client.Server()
	if err != nil || f.CacheDir == "" {
		return pathcache.Kept{}, false
	}
	namespace, err := f.Client.Namespace()
	if err != nil {
		return pathcache.Kept{}, false
	}
	var request results.Request
	if parseSource(f, typed, &request) != nil || request.Stored.Bucket != "" {
		return pathcache.Kept{}, false
	}
	name := string(request.Job)
	switch {
	case request.Claim != "":
		name = "pvc/" + request.Claim
	case request.Job == job.Latest:
		name = complete.Latest(cmd, f)
	}
	return pathcache.Load(results.PathCache(f.CacheDir), pathcache.Key{Server: server, Namespace: namespace, Name: name}), true
}

func hasVolume(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Status.Phase == corev1.ClaimBound
}

// hasResults reports whether a job writes to a volume that can be fetched from.
func hasResults(one *batchv1.Job) bool { return len(claim.Written(one)) > 0 }
