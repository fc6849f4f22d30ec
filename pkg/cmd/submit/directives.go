package submit

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

// directive matches a line for Slurm or PBS: #SBATCH --time=2:00:00, #PBS -N x.
var directive = regexp.MustCompile(`^#(SBATCH|PBS)\s+(-[A-Za-z]|--[a-z-]+)[ =]?\s*(.*?)\s*(?:#.*)?$`)

// meant says which flag here means what an option of Slurm's does.
func meant(system, option string) string {
	slurm := map[string]string{
		"-J": "NAME", "--job-name": "NAME", "-t": "--time", "--time": "--time", "-c": "--cpu", "--cpus-per-task": "--cpu",
		"--mem": "--memory", "--mem-per-cpu": "--memory", "--gres": "--gpu and --gpu-type", "--gpus": "--gpu and --gpu-type", "-G": "--gpu and --gpu-type", "--gpus-per-node": "--gpu and --gpu-type",
		"-a": "--array", "--array": "--array", "-p": "--queue", "--partition": "--queue", "-D": "--workdir", "--chdir": "--workdir",
		"-n": "--parallelism", "--ntasks": "--parallelism", "-N": "--parallelism with --spread", "--nodes": "--parallelism with --spread",
		"-o": "kubectl batch logs", "--output": "kubectl batch logs", "-e": "kubectl batch logs", "--error": "kubectl batch logs",
		"--export": "--env", "-C": "--node-selector", "--constraint": "--node-selector",
		"--requeue": "--backoff-limit", "--tmp": "--scratch", "-W": "--wait", "--wait": "--wait",
	}
	pbs := map[string]string{
		"-N": "NAME", "-l": "--time, --cpu, --memory, --gpu", "-q": "--queue", "-J": "--array", "-t": "--array", "-v": "--env", "-V": "--env",
		"-o": "kubectl batch logs", "-e": "kubectl batch logs", "-j": "kubectl batch logs", "-d": "--workdir", "-r": "--backoff-limit",
	}
	if system == "PBS" {
		return pbs[option]
	}
	return slurm[option]
}

// directives points out lines of a script that another system would obey.
func directives(called program.Program, script string, data []byte) []string {
	var lines, systems []string
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		part := directive.FindStringSubmatch(scanner.Text())
		if part == nil {
			continue
		}
		system := "#" + part[1]
		if !slices.Contains(systems, system) {
			systems = append(systems, system)
		}
		answer := called.In(meant(part[1], part[2]))
		if part[1] == "PBS" && part[2] == "-l" {
			answer = resources(part[3])
		}
		if answer == "" {
			answer = "no equivalent flag"
		}
		lines = append(lines, fmt.Sprintf("  %s %s: %s", part[2], part[3], answer))
	}
	if len(lines) == 0 {
		return nil
	}
	note := fmt.Sprintf("Note: the %s lines of %s have no effect. Equivalent flags:", strings.Join(systems, " and "), script)
	return append([]string{note}, lines...)
}

// resources says which flags mean what a list of resources of PBS does, such as
// select=1:ncpus=4:mem=8gb,walltime=1:00:00.
func resources(list string) string {
	var flags []string
	for _, one := range []struct{ word, flag string }{
		{"walltime", "--time"}, {"ncpus", "--cpu"}, {"ppn", "--cpu"}, {"mem", "--memory"}, {"ngpus", "--gpu"}, {"select", "--parallelism"}, {"nodes", "--parallelism with --spread"},
	} {
		if strings.Contains(list, one.word+"=") {
			flags = append(flags, one.flag)
		}
	}
	if len(flags) == 0 {
		return "--request NAME=QUANTITY"
	}
	return strings.Join(flags, ", ")
}
