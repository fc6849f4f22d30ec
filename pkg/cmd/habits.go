package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
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

// flagError turns a flag that does not exist into a usage error, with what serves here.
func flagError(_ *cobra.Command, err error) error {
	text := err.Error()
	for habit, answer := range habits() {
		if text == "unknown flag: "+habit || strings.HasPrefix(text, "unknown shorthand flag: ") && strings.HasSuffix(text, " in "+habit) {
			return exit.Usagef("%s: %s", text, answer)
		}
	}
	return exit.With(exit.Usage, err)
}
