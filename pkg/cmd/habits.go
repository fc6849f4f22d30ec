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
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/program"
)

// habits are flags that people know from other tools, and what serves here.
func habits() map[string]string {
	return map[string]string{
		"--command":                    "what follows -- is the command: leave --command out",
		"--cpus":                       "here it is --cpu",
		"--gpus":                       "here it is --gpu",
		"--mem":                        "here it is --memory",
		"--requests":                   "--cpu, --memory and --gpu are request and limit alike; --request NAME=QUANTITY is for the rest",
		"--limits":                     "--cpu, --memory and --gpu are request and limit alike; --limit NAME=QUANTITY is for the rest",
		"--labels":                     "here it is --label KEY=VALUE, once for each; list selects by -l",
		"--active-deadline-seconds":    "here it is --time for each attempt, and --deadline for the whole job",
		"--retries":                    "here it is --backoff-limit, or for an array --retries-per-task",
		"--name":                       "the name is an argument: run NAME",
		"--gres":                       "here it is --gpu",
		"--shm":                        "here it is --shm-size",
		"--volume":                     "here it is --pvc NAME:/path",
		"--serviceaccount":             "here it is --service-account",
		"--restart":                    "a pod is never restarted in place: --backoff-limit says how often it is replaced",
		"--output-dir":                 "here it is -d or --dir",
		"--dest":                       "here it is -d or --dir",
		"--ttl-seconds-after-finished": "here it is --ttl, as in --ttl=24h",
		"-i":                           "the image is --image; a job has no terminal to attach to (-it)",
		"-it":                          "a job has no terminal to attach to: kubectl batch logs NAME -f follows its log",
		"-t":                           "a job has no terminal to attach to",
	}
}

// flagError turns a flag that does not exist, or has a value that it cannot have, into
// a usage error with what is expected.
func flagError(cmd *cobra.Command, err error, called program.Program) error {
	if invalid, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return exit.With(exit.Usage, valueError(invalid))
	}
	text := err.Error()
	for habit, answer := range habits() {
		if text == "unknown flag: "+habit || strings.HasPrefix(text, "unknown shorthand flag: ") && strings.HasSuffix(text, " in "+habit) {
			if applies(cmd, habit, answer) {
				return exit.Usagef("%s: %s", text, called.In(answer))
			}
		}
	}
	if meant := similar(cmd, strings.TrimPrefix(text, "unknown flag: --")); meant != "" {
		return exit.Usagef("%s: --%s is meant, perhaps", text, meant)
	}
	return exit.With(exit.Usage, err)
}

// valueError says what a flag expects: in Go's words only where nobody else knows.
func valueError(err *pflag.InvalidValueError) error {
	cause := err.Unwrap()
	expected := map[string]string{"int": "a whole number", "bool": "true or false"}[err.GetFlag().Value.Type()]
	if _, words := errors.AsType[*strconv.NumError](cause); words && expected != "" {
		cause = errors.New(expected + " is expected")
	}
	return fmt.Errorf("--%s=%q: %w", err.GetFlag().Name, err.GetValue(), cause)
}

var flagName = regexp.MustCompile(`--[a-z][a-z-]*`)

// applies reports whether cmd has a flag that answer names, or answer names none but habit.
func applies(cmd *cobra.Command, habit, answer string) bool {
	names := flagName.FindAllString(strings.ReplaceAll(answer, habit+" ", ""), -1)
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return cmd.Flags().Lookup(name[2:]) != nil })
}

// similar returns the flag of cmd that typed is the beginning of, or a letter more than; empty
// where there is none, or more than one.
func similar(cmd *cobra.Command, typed string) (meant string) {
	typed, _, _ = strings.Cut(typed, "=")
	if len(typed) < 3 {
		return ""
	}
	var found []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if strings.HasPrefix(f.Name, typed) || strings.TrimSuffix(typed, "s") == f.Name {
			found = append(found, f.Name)
		}
	})
	if len(found) != 1 {
		return ""
	}
	return found[0]
}
