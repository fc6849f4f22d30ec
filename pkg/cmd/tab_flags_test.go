package cmd

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/slowtest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// everyValue calls see with each flag that has a value, and the words of its command.
func everyValue(root *cobra.Command, see func(path []string, flag *pflag.Flag)) {
	everyBelow(root, func(command *cobra.Command) {
		path := strings.Fields(command.CommandPath())[2:]
		if command.Hidden || command.Name() == "help" {
			return
		}
		command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			if flag.Value.Type() != "bool" {
				see(path, flag)
			}
		})
	})
}

// This list records the completion of each flag that has a value. A new flag
// must be added.
func TestTabOfEveryFlag(t *testing.T) {
	slowtest.Skip(t)
	writeKubeconfig(t)
	root, _ := tree()
	var b strings.Builder
	everyValue(root, func(path []string, flag *pflag.Flag) {
		words := slices.Concat(path, []string{"--" + flag.Name + "="})
		var offered string
		if len(path) > 0 {
			offered = tabbed(t, faketest.New(shelf()...), words...)
		} else {
			offered = strings.Join(strings.Fields(called(t, "kubectl-batch", append([]string{"__completeNoDesc"}, words...)...).Stdout), " ")
		}
		named := map[string]string{files: "(files)", folders: "(folders)", words4: "nothing"}
		fmt.Fprintf(&b, "%s: %s\n", strings.Join(append(path, "--"+flag.Name), " "), cmp.Or(named[offered], strings.TrimSuffix(offered, " "+words4)))
	})
	faketest.Golden(t, "tab-flags.txt", b.String())
}

// choices matches the error for a flag with few valid values.
var choices = regexp.MustCompile(`(?:nonsense"?: |nonsense" for -o: must be one of |nonsense" for [^:]*: must be )(.*?)(?: is expected)?\n`)

// accepted returns the valid values that an error lists; nil if it lists none.
func accepted(stderr string) []string {
	answer := choices.FindStringSubmatch(stderr)
	if answer == nil {
		return nil
	}
	values := strings.Split(strings.NewReplacer(" or ", ",", ", ", ",").Replace(answer[1]), ",")
	if slices.ContainsFunc(values, func(value string) bool { return strings.ContainsAny(value, " /=") }) {
		return nil
	}
	return values
}

// acceptedFor returns the values that the error for a wrong value of a flag lists. It tries arguments until the command
// gets as far as the value.
func acceptedFor(t *testing.T, path []string, flag string) (values []string) {
	t.Helper()
	for _, args := range [][]string{nil, {"missing"}, {"x", "--image=i", "--results=1Gi"}, {"missing", "--results=1Gi"}} {
		got := execute(t, faketest.New(append(shelf(), done("x", time.Hour))...), slices.Concat(path, args, []string{"--" + flag + "=nonsense"})...)
		if values = accepted(got.Stderr); values != nil && got.Status != 0 {
			return values
		}
	}
	return nil
}

// If few values are valid, exactly these are offered.
func TestTabOffersWhatIsAccepted(t *testing.T) {
	slowtest.Skip(t)
	root, _ := tree()
	var found []string
	everyValue(root, func(path []string, flag *pflag.Flag) {
		if len(path) == 0 {
			return
		}
		right := acceptedFor(t, path, flag.Name)
		if right == nil {
			return
		}
		offered := strings.Fields(tabbed(t, faketest.New(shelf()...), append(path, "--"+flag.Name+"=")...))
		offered = slices.DeleteFunc(offered, func(value string) bool { return value == words4 })
		slices.Sort(right)
		slices.Sort(offered)
		if !slices.Equal(right, offered) {
			t.Errorf("%v --%s takes %v and offers %v", path, flag.Name, right, offered)
		}
		found = append(found, strings.Join(append(path, flag.Name), " "))
	})
	for _, flag := range []string{
		"cancel output", "fetch compress", "fetch links", "fetch output", "fetch progress", "fetch transport", "list output", "purge dry-run", "purge output",
		"rerun access-mode", "rerun dry-run", "rerun image-pull-policy", "rerun output", "run access-mode", "run dry-run", "run image-pull-policy", "run output", "wait output",
	} {
		if !slices.Contains(found, flag) {
			t.Errorf("the values of %s were not found", flag)
		}
	}
}

// A state is offered if and only if the verb accepts it.
func TestTabOffersAcceptedStates(t *testing.T) {
	for _, verb := range []string{"list", "wait", "logs", "fetch", "cancel", "purge"} {
		offered := strings.Fields(tabbed(t, faketest.New(shelf()...), verb, "--state="))
		for _, state := range job.States() {
			got := execute(t, faketest.New(), verb, "--state="+string(state)) // without jobs: wait would wait
			refused := strings.Contains(got.Stderr, "a job in state "+string(state)+" cannot be")
			if slices.Contains(offered, string(state)) == refused {
				t.Errorf("%s offers the states %v; --state=%s: %q", verb, offered, state, got.Stderr)
			}
		}
	}
}
