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
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/pathcache"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

// maxPaths is how many paths are suggested at once.
const maxPaths = 300

// completeFlags registers the completion of flag values.
func (o *Flags) completeFlags(f *factory.Factory, cmd *cobra.Command) {
	o.Select.Complete(cmd, complete.JobList(f, hasResults))
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

// complete completes jobs with results and claims, and then the paths that earlier fetches have listed. It reads no volume:
// that would require a helper pod.
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

// completePaths completes PATH, one directory at a time.
func completePaths(cmd *cobra.Command, f *factory.Factory, args []string, word string) ([]string, cobra.ShellCompDirective) {
	kept, ok := cachedPaths(cmd, f, args[0])
	if !ok {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if corruptsLine(f, word) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words, isDirectory := kept.Complete(word, maxPaths)
	words = slices.DeleteFunc(words, func(path string) bool { return slices.Contains(args[1:], path) })
	if isDirectory {
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// flagForm matches what the completion scripts of cobra for zsh and fish parse as a flag with a value, anywhere in a word.
// They would insert it twice.
var flagForm = regexp.MustCompile("-.*=")

// corruptsLine reports whether the shell would corrupt the command line with a completion of word. Bash does not.
func corruptsLine(f *factory.Factory, word string) bool {
	shell, _ := f.LookupEnv("SHELL")
	return flagForm.MatchString(word) && path.Base(shell) != "bash"
}

// cachedPaths returns the paths that earlier fetches of a job or claim have listed.
func cachedPaths(cmd *cobra.Command, f *factory.Factory, source string) (pathcache.Kept, bool) {
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
	if parseSource(f, source, &request) != nil || request.Stored.Bucket != "" {
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

// hasResults reports whether a job writes to a claim.
func hasResults(candidate *batchv1.Job) bool { return len(claim.Written(candidate)) > 0 }
