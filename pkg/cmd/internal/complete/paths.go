package complete

import (
	"path"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/pathcache"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

// PathSource is the job or the claim whose paths are completed.
type PathSource struct {
	// Job is not used if Claim is set.
	Job   job.Ref
	Claim string
}

// Paths completes word as a path of source, one directory at a time, from what earlier fetches have listed; each once.
// It reads no volume: that would require a helper pod.
func Paths(cmd *cobra.Command, f *factory.Factory, source PathSource, typed []string, word string) ([]string, cobra.ShellCompDirective) {
	kept, ok := cachedPaths(cmd, f, source)
	if !ok || corruptsLine(f, word) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words, isDirectory := kept.Complete(word, maxWords)
	words = slices.DeleteFunc(words, func(path string) bool { return slices.Contains(typed, path) })
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
func cachedPaths(cmd *cobra.Command, f *factory.Factory, source PathSource) (pathcache.Kept, bool) {
	Ready(cmd)
	server, err := f.Client.Server()
	if err != nil || f.CacheDir == "" {
		return pathcache.Kept{}, false
	}
	namespace, err := f.Client.Namespace()
	if err != nil {
		return pathcache.Kept{}, false
	}
	name := string(source.Job)
	switch {
	case source.Claim != "":
		name = "pvc/" + source.Claim
	case source.Job == job.Latest:
		name = Latest(cmd, f)
	}
	return pathcache.Load(results.PathCache(f.CacheDir), pathcache.Key{Server: server, Namespace: namespace, Name: name}), true
}
