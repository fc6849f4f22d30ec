package cmd

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

// flagError turns an error about an unknown flag or an invalid value into a usage
// error with advice.
func flagError(cmd *cobra.Command, err error, called program.Program) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return exit.With(exit.Usage, valueError(cmd, invalid))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return exit.Usagef("missing value for %s; use %s", dashed(missing.GetSpecifiedName()), flaghelp.Syntax(missing.GetFlag()))
	}
	typed := unknownFlag(err)
	if typed == "" {
		return exit.With(exit.Usage, err)
	}
	if advice := adviceFor(cmd, typed); advice != "" {
		return exit.Usagef("unknown flag %s; %s", typed, called.In(advice))
	}
	return exit.Usagef("unknown flag %s", typed)
}

// dashed returns a flag as it was typed: -o or --output.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

var shorthand = regexp.MustCompile(`^unknown shorthand flag: '.' in (-.*)$`)

// unknownFlag returns the unknown flag that err is about, as typed; "" for another error.
func unknownFlag(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "unknown flag: "); ok {
		return name
	}
	if match := shorthand.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}

// adviceFor returns what to use instead of a flag that cmd does not have; "" if unknown.
func adviceFor(cmd *cobra.Command, typed string) string {
	for _, flag := range []string{typed, spelling(typed), shorthandOf(typed)} {
		for _, habit := range flagHabits() {
			if habit.flag == flag && habit.appliesTo(cmd.Name()) {
				return habit.advice()
			}
		}
	}
	if name := similarFlag(cmd, strings.TrimLeft(typed, "-")); name != "" {
		return "did you mean --" + name + "?"
	}
	return ""
}

// shorthandOf is the shorthand that typed begins with, as -p of -p8080:80.
func shorthandOf(typed string) string {
	if strings.HasPrefix(typed, "--") {
		return typed
	}
	return typed[:min(len(typed), len("-p"))]
}

// spelling is a flag in the case and with the dashes of this program: --imagePullPolicy is
// --image-pull-policy, --max_failed_tasks is --max-failed-tasks, and --runAsUID is --run-as-uid.
func spelling(flag string) string {
	if !strings.HasPrefix(flag, "--") {
		return flag
	}
	upper := func(i int) bool { return i >= 0 && flag[i] >= 'A' && flag[i] <= 'Z' }
	var b strings.Builder
	for i := range len(flag) {
		switch {
		case flag[i] == '_':
			b.WriteByte('-')
		case upper(i) && i > len("--") && !upper(i-1) && flag[i-1] != '-':
			b.WriteString("-" + strings.ToLower(flag[i:i+1]))
		case upper(i):
			b.WriteString(strings.ToLower(flag[i : i+1]))
		default:
			b.WriteByte(flag[i])
		}
	}
	return b.String()
}

// valueError describes the valid values of a flag; it uses Go's message only without a better one.
func valueError(cmd *cobra.Command, err *pflag.InvalidValueError) error {
	cause := err.Unwrap()
	if err.GetFlag().Name == "v" {
		return fmt.Errorf("invalid value %q for -v: must be a number (the log level)%s", err.GetValue(), volumeAdvice(cmd))
	}
	expected := map[string]string{"int": "must be a whole number", "bool": "must be true or false"}[err.GetFlag().Value.Type()]
	if _, words := errors.AsType[*strconv.NumError](cause); words && expected != "" {
		cause = errors.New(expected)
	}
	return fmt.Errorf("invalid value %q for --%s: %w", err.GetValue(), err.GetFlag().Name, cause)
}

// volumeAdvice returns what to use instead of docker's -v, if cmd creates a job.
func volumeAdvice(cmd *cobra.Command) string {
	if cmd.Flags().Lookup("pvc") == nil {
		return ""
	}
	return "; to mount a claim, use --pvc=NAME:/path"
}

var podUser = regexp.MustCompile(`^(\d+(:\d+)?|root)$`)

// checkUser refuses --user with a value for docker's flag: in kubectl it names a user of the kubeconfig.
func checkUser(cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("user")
	if flag == nil || cmd.Flags().Lookup("run-as") == nil || !podUser.MatchString(flag.Value.String()) {
		return nil
	}
	return exit.Usagef("--user names a user of the kubeconfig; for the user of the pods, use --run-as=%s", strings.Replace(flag.Value.String(), "root", "0", 1))
}

// unsafeFlags widen what a command deletes, overwrites or stops, or let it do so without a
// question. They are never suggested.
func unsafeFlags() []string {
	return []string{
		"all", "all-namespaces", "anyway", "discard-unfetched", "fetched-by-anyone", "force", "ignore-not-found",
		"overwrite-unfetched", "owned", "reuse-results", "volumes", "yes",
	}
}

// similarFlag returns the flag of cmd that typed probably means; "" if there is
// none, or several, or if the flag must not be suggested.
func similarFlag(cmd *cobra.Command, typed string) string {
	typed, _, _ = strings.Cut(spelling("--" + typed)[2:], "=")
	const shortest = 3
	if len(typed) < shortest {
		return ""
	}
	var similar []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if strings.HasPrefix(flag.Name, typed) || nearlySame(flag.Name, typed) {
			similar = append(similar, flag.Name)
		}
	})
	if len(similar) != 1 || slices.Contains(unsafeFlags(), similar[0]) {
		return ""
	}
	return similar[0]
}

// nearlySame reports whether one typing mistake makes a of b: a letter that is missing, added,
// wrong, or swapped with the next one.
func nearlySame(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	switch rest := a[i:]; {
	case len(a) == len(b)+1:
		return rest[1:] == b[i:]
	case len(a) != len(b), rest == "":
		return len(a) == len(b)
	case rest[1:] == b[i+1:]:
		return true
	default:
		return len(rest) > 1 && rest[0] == b[i+1] && rest[1] == b[i] && rest[2:] == b[i+2:]
	}
}

// unknownCommand returns the error for a command that does not exist, with advice. A similar spelling is not
// suggested for a word that other tools use: "rm" must not become "run".
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	message := fmt.Sprintf("unknown command %q", args[0])
	typed := strings.ToLower(args[0])
	if advice, ok := commandHabits()[typed]; ok {
		return exit.Usagef("%s; %s", message, advice)
	}
	for _, verb := range cmd.Commands() {
		if verb.IsAvailableCommand() && nearlySame(verb.Name(), typed) {
			return exit.Usagef("%s; did you mean %q?", message, verb.Name())
		}
	}
	return exit.Usagef("%s", message)
}
