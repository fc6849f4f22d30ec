package cmd

import (
	"slices"
	"strings"
)

// flagHabit is a flag of kubectl, docker or a batch system, with its replacement in this plugin.
// A test parses every suggestion.
type flagHabit struct {
	flag string
	// verbs that it is for.
	verbs []string
	// use are the words to use instead, each a flag or an argument.
	use []string
	// explanation describes the difference, or is the whole advice if use is empty.
	explanation string
}

func (h flagHabit) appliesTo(verb string) bool { return slices.Contains(h.verbs, verb) }

// advice is what the habit suggests, as it follows "unknown flag --x; ".
func (h flagHabit) advice() string {
	switch text := strings.Join(h.use, " or "); {
	case text == "":
		return h.explanation
	case h.explanation == "":
		return "use " + text
	default:
		return "use " + text + ": " + h.explanation
	}
}

// flagHabits are the flags of other tools that this program knows of.
func flagHabits() []flagHabit {
	return slices.Concat(containerHabits(), mountHabits(), podHabits(), jobHabits(), otherHabits())
}

// creating are the verbs that create jobs.
func creating() []string { return []string{"run", "rerun"} }

// containerHabits are about the program that runs, its image and its resources.
func containerHabits() []flagHabit {
	create, pull := creating(), []string{"--image-pull-policy=Always"}
	return []flagHabit{
		{flag: "--command", verbs: create, explanation: "the words after -- are the command"},
		{flag: "--entrypoint", verbs: create, explanation: "the words after -- are the command"},
		{flag: "--environment", verbs: create, use: []string{"--env=KEY=VALUE"}},
		{flag: "--env-vars", verbs: create, use: []string{"--env=KEY=VALUE"}, explanation: "once for each variable"},
		{flag: "--cpus", verbs: create, use: []string{"--cpu"}},
		{flag: "--gpus", verbs: create, use: []string{"--gpu"}},
		{flag: "--gres", verbs: create, use: []string{"--gpu"}},
		{flag: "--mem", verbs: create, use: []string{"--memory"}},
		{flag: "-m", verbs: create, use: []string{"--memory"}},
		{flag: "--requests", verbs: create, use: []string{"--cpu", "--memory", "--gpu", "--request=NAME=1"}},
		{flag: "--limits", verbs: create, use: []string{"--cpu", "--memory", "--gpu", "--limit=NAME=1"}},
		{flag: "--resources", verbs: create, use: []string{"--cpu", "--memory", "--gpu"}},
		{flag: "--shm", verbs: create, use: []string{"--shm-size=1Gi"}},
		{flag: "--pull", verbs: create, use: pull},
		{flag: "--pull-policy", verbs: create, use: pull},
		{flag: "--pull-secret", verbs: create, use: []string{"--image-pull-secret=NAME"}},
		{flag: "--working-dir", verbs: create, use: []string{"--workdir=/path"}},
		{flag: "-w", verbs: create, use: []string{"--workdir=/path"}},
		{flag: "-i", verbs: create, explanation: "a job has no terminal to attach to; the image is --image"},
		{flag: "-it", verbs: create, explanation: "a job has no terminal to attach to; \"kubectl batch logs NAME -f\" follows its log"},
		{flag: "-t", verbs: create, explanation: "a job has no terminal to attach to"},
		{flag: "--tty", verbs: create, explanation: "a job has no terminal to attach to"},
		{flag: "--stdin", verbs: create, explanation: "a job has no terminal to attach to; to run a program from stdin, use --script=-"},
		{flag: "--interactive", verbs: create, explanation: "a job has no terminal to attach to"},
		{flag: "--attach", verbs: create, use: []string{"--follow"}},
	}
}

// mountHabits are about files in the container.
func mountHabits() []flagHabit {
	create, claims := creating(), []string{"--pvc=NAME:/path", "--config-map=NAME:/path", "--results=1Gi"}
	const localFiles = "pods cannot mount a directory of the local machine"
	return []flagHabit{
		{flag: "--volume", verbs: create, use: claims, explanation: localFiles},
		{flag: "--volumes", verbs: create, use: claims, explanation: localFiles},
		{flag: "--volume-mount", verbs: create, use: claims, explanation: localFiles},
		{flag: "--volume-mounts", verbs: create, use: claims, explanation: localFiles},
		{flag: "--mount", verbs: create, use: claims, explanation: localFiles},
		{flag: "--host-path", verbs: create, use: claims, explanation: localFiles},
		{flag: "--claim-name", verbs: create, use: []string{"--pvc=NAME:/path"}},
		{flag: "--tmpfs", verbs: create, use: []string{"--scratch=1Gi:/path"}},
		{flag: "--empty-dir", verbs: create, use: []string{"--scratch=1Gi:/path"}},
		{flag: "--configmap", verbs: create, use: []string{"--config-map=NAME:/path"}},
		{flag: "--storage-class-name", verbs: create, use: []string{"--storage-class=NAME"}},
		{flag: "--access-modes", verbs: create, use: []string{"--access-mode=RWX"}},
	}
}

// podHabits are flags about pods and scheduling. What has no flag can be set in a manifest.
func podHabits() []flagHabit {
	create, runAs := creating(), []string{"--run-as=1000"}
	habits := []flagHabit{
		{flag: "--serviceaccount", verbs: create, use: []string{"--service-account=NAME"}},
		{flag: "--service-account-name", verbs: create, use: []string{"--service-account=NAME"}},
		{flag: "--run-as-user", verbs: create, use: runAs},
		{flag: "--run-as-group", verbs: create, use: []string{"--run-as=1000:1000"}},
		{flag: "--run-as-non-root", verbs: create, use: runAs},
		{flag: "--uid", verbs: create, use: runAs},
		{flag: "--run-as-uid", verbs: create, use: runAs},
		{flag: "-u", verbs: create, use: runAs},
		{flag: "--priority-class-name", verbs: create, use: []string{"--priority-class=NAME"}},
		{flag: "--priority", verbs: create, use: []string{"--priority-class=NAME"}},
		{flag: "--node-name", verbs: create, use: []string{"--node-selector=kubernetes.io/hostname=NODE"}},
		{flag: "--platform", verbs: create, use: []string{"--arch=amd64"}},
		{flag: "--port", verbs: create, explanation: "jobs do not publish ports"},
		{flag: "--publish", verbs: create, explanation: "jobs do not publish ports"},
		{flag: "--expose", verbs: create, explanation: "jobs do not publish ports"},
		{flag: "-p", verbs: create, explanation: "jobs do not publish ports"},
	}
	const manifest = "run has no flag for this; set it in a manifest and use -f"
	for flag := range strings.FieldsSeq("--affinity --cap-add --device --dns --host-network --hostname --init-container --net --network --overrides " +
		"--pod-failure-policy --privileged --security-context --sysctl --termination-grace-period-seconds --ulimit") {
		habits = append(habits, flagHabit{flag: flag, verbs: create, explanation: manifest})
	}
	return habits
}

// jobHabits are about the job: how long it runs, how often, and what happens then.
func jobHabits() []flagHabit {
	create, local := creating(), []string{"fetch", "run", "rerun"}
	const noRestart = "a failed pod is replaced, never restarted in place"
	return []flagHabit{
		{flag: "--name", verbs: []string{"run"}, explanation: "the name is the first argument: run NAME"},
		{flag: "--labels", verbs: create, use: []string{"--label=KEY=VALUE"}, explanation: "once for each label"},
		{flag: "--annotations", verbs: create, use: []string{"--annotation=KEY=VALUE"}, explanation: "once for each annotation"},
		{flag: "--active-deadline-seconds", verbs: create, use: []string{"--time=1h", "--deadline=1h"}, explanation: "the limit of each attempt, or of the whole job"},
		{flag: "--retries", verbs: create, use: []string{"--backoff-limit=1", "--retries-per-task=1"}, explanation: "for a job, or for each task of an array"},
		{flag: "--backoff-limit-per-index", verbs: create, use: []string{"--retries-per-task=1"}},
		{flag: "--max-failed-indexes", verbs: create, use: []string{"--max-failed-tasks=1"}},
		{flag: "--completion-mode", verbs: create, use: []string{"--array=10"}},
		{flag: "--restart", verbs: create, use: []string{"--backoff-limit=1"}, explanation: noRestart},
		{flag: "--restart-policy", verbs: create, use: []string{"--backoff-limit=1"}, explanation: noRestart},
		{flag: "--ttl-seconds-after-finished", verbs: create, use: []string{"--ttl=24h"}},
		{flag: "--detach", verbs: create, explanation: "run does not wait for the job"},
		{flag: "--watch", verbs: create, use: []string{"--wait", "--follow"}},
		{flag: "--output-dir", verbs: local, use: []string{"-d"}},
		{flag: "--dest", verbs: local, use: []string{"-d"}},
	}
}

// otherHabits are about the verbs that act on jobs.
func otherHabits() []flagHabit {
	return []flagHabit{
		{flag: "--all", verbs: []string{"purge"}, explanation: "without job names, purge selects the completed jobs of the namespace"},
		{flag: "--all", verbs: []string{"list"}, explanation: "without flags, list shows all jobs of the namespace"},
		{flag: "--all", verbs: []string{"wait", "logs", "fetch"}, explanation: "to select jobs, use -l, --mine or --state"},
		{flag: "--tail", verbs: []string{"logs"}, explanation: "logs prints the whole log"},
		{flag: "--since", verbs: []string{"logs"}, explanation: "logs prints the whole log"},
		{flag: "--since-time", verbs: []string{"logs"}, explanation: "logs prints the whole log"},
		{flag: "--previous", verbs: []string{"logs"}, explanation: "logs prints the log of every attempt"},
		{flag: "-p", verbs: []string{"logs"}, explanation: "logs prints the log of every attempt"},
		{flag: "--container", verbs: []string{"logs"}, explanation: "\"kubectl logs POD -c CONTAINER\" prints the log of one container"},
		{flag: "-c", verbs: []string{"logs"}, explanation: "\"kubectl logs POD -c CONTAINER\" prints the log of one container"},
		{flag: "--for", verbs: []string{"wait"}, explanation: "wait ends when the job is finished, with the exit status of the job"},
		{flag: "--watch", verbs: []string{"list"}, explanation: "\"kubectl batch wait NAME\" waits for a job and prints each change"},
		{flag: "-w", verbs: []string{"list"}, explanation: "\"kubectl batch wait NAME\" waits for a job and prints each change"},
		{flag: "--dry-run", verbs: []string{"fetch"}, use: []string{"--plan"}},
		{flag: "--bwlimit", verbs: []string{"fetch"}, use: []string{"--limit-rate=10M"}},
		{flag: "--recursive", verbs: []string{"fetch"}, explanation: "fetch always copies directories recursively"},
		{flag: "-r", verbs: []string{"fetch"}, explanation: "fetch always copies directories recursively"},
		{flag: "--container", verbs: []string{"fetch"}, explanation: "a PATH selects the mount of the container that wrote the files"},
		{flag: "-c", verbs: []string{"fetch"}, explanation: "a PATH selects the mount of the container that wrote the files"},
		{flag: "--grace-period", verbs: []string{"cancel", "purge"}, explanation: "the grace period of the pods applies"},
		{flag: "--cascade", verbs: []string{"purge"}, explanation: "purge always deletes the pods of a job"},
	}
}

// commandHabits are replacements for the commands of other tools. The text follows
// "unknown command "x"; ".
func commandHabits() map[string]string {
	habits := map[string]string{
		"get":     `use "list" to see jobs, or "fetch" to copy results`,
		"exec":    "a job has no shell to attach to; kubectl exec runs a program in a pod",
		"attach":  `use "logs" with -f to follow a job`,
		"push":    `files can only be copied from jobs, with "fetch"`,
		"suspend": `use "cancel" to end a job`,
		"shell":   "a job has no shell to attach to; kubectl exec runs a program in a pod",
	}
	for verb, words := range map[string]string{
		"purge": "delete rm remove del prune clean cleanup", "fetch": "cp copy download pull scp rsync", "list": "ps jobs job status describe show top squeue qstat",
		"run": "submit create apply start sbatch qsub", "cancel": "stop kill abort terminate scancel qdel", "logs": "log tail", "wait": "watch",
	} {
		for word := range strings.FieldsSeq(words) {
			habits[word] = `use "` + verb + `"`
		}
	}
	return habits
}
