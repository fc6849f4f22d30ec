package jobflags

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/program"
)

// directive matches a line for Slurm or PBS, such as #SBATCH --time=2:00:00 or #PBS -N x.
var directive = regexp.MustCompile(`^#(SBATCH|PBS)\s+(-[A-Za-z]|--[a-z-]+)[ =]?\s*(.*?)\s*(?:#.*)?$`)

// equivalentFlag returns the flag that has the effect of an option of Slurm or PBS; "" for none.
func equivalentFlag(system, option string) string {
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

// describeDirectives returns a note about the lines of a script that have an effect only in Slurm or PBS.
func describeDirectives(plugin program.Program, script string, data []byte) []string {
	var lines, systems []string
	for scanner := bufio.NewScanner(bytes.NewReader(data)); scanner.Scan(); {
		match := directive.FindStringSubmatch(scanner.Text())
		if match == nil {
			continue
		}
		system := "#" + match[1]
		if !slices.Contains(systems, system) {
			systems = append(systems, system)
		}
		flag := plugin.In(equivalentFlag(match[1], match[2]))
		if match[1] == "PBS" && match[2] == "-l" {
			flag = equivalentResourceFlags(match[3])
		}
		if flag == "" {
			flag = "no equivalent flag"
		}
		lines = append(lines, fmt.Sprintf("  %s %s: %s", match[2], match[3], flag))
	}
	if len(lines) == 0 {
		return nil
	}
	note := fmt.Sprintf("Note: the %s lines of %s have no effect. Equivalent flags:", strings.Join(systems, " and "), script)
	return append([]string{note}, lines...)
}

// equivalentResourceFlags returns the flags that have the effect of a resource list of PBS, such as
// select=1:ncpus=4:mem=8gb,walltime=1:00:00.
func equivalentResourceFlags(list string) string {
	var flags []string
	for _, equivalent := range []struct{ word, flag string }{
		{"walltime", "--time"}, {"ncpus", "--cpu"}, {"ppn", "--cpu"}, {"mem", "--memory"}, {"ngpus", "--gpu"}, {"select", "--parallelism"}, {"nodes", "--parallelism with --spread"},
	} {
		if strings.Contains(list, equivalent.word+"=") {
			flags = append(flags, equivalent.flag)
		}
	}
	if len(flags) == 0 {
		return "--request NAME=QUANTITY"
	}
	return strings.Join(flags, ", ")
}
