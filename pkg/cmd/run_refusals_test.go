package cmd

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// Each is refused with the flag, its value, and what would be right, before the
// cluster is asked for anything.
func TestRunRefuses(t *testing.T) {
	const nameAndImage = " train --image=i"
	dir := t.TempDir()
	because := func(name string) string { // in the words of the system here
		_, err := os.ReadFile(name)
		return name + ": " + errors.Unwrap(err).Error()
	}
	write := func(name, text string) string {
		path := dir + "/" + name
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	large := write("large", strings.Repeat("x", 1<<20+1))
	windows, empty := write("windows", "#!/bin/sh\r\necho\r\n"), write("empty", "")
	notYAML, noJob := write("not.yaml", "a: [1"), write("none.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
	two := write("two.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x}]}}}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: b}\n")
	typo := write("typo.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {backofLimit: 3, template: {spec: {containers: [{name: x}]}}}\n")
	elsewhere := write("elsewhere.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: other}\n")
	latin1, badName := write("latin1.env", "A=1\nB=\xe9\n"), write("name.env", "# none\n\nA B=secret\n")
	unset := write("unset.env", "NO_SUCH_VARIABLE")
	text := write("text.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {backoffLimit: \"3\", template: {spec: {containers: [{name: x}]}}}\n")
	long := strings.Repeat("a", 64)
	for line, want := range map[string]string{
		"":                            "missing argument NAME",
		" --image=i -- train":         "missing argument NAME; use --generate-name to generate a name",
		nameAndImage + " python x.py": `unexpected argument "python"; put a command after --: "run train --image=IMAGE -- python x.py"`,
		nameAndImage + " --":          "missing command after --",
		" Train --image=i":            `invalid job name "Train"`,
		" a.b --image=i":              `invalid job name "a.b": must not contain dots`,
		" --image=i " + long:          `invalid job name "` + long + `": must be no more than 63`,
		" train":                      "--image is required",
		nameAndImage + " --image-pull-policy=always":            `invalid value "always" for --image-pull-policy: must be Always, IfNotPresent or Never`,
		nameAndImage + " --workdir=work":                        `invalid value "work" for --workdir: must be an absolute path`,
		nameAndImage + " --cmd=a --script=b":                    "--cmd and --script are mutually exclusive",
		nameAndImage + " --cmd=a -- b":                          "--cmd and a command after -- are mutually exclusive",
		nameAndImage + " --cmd=":                                `invalid value "" for --cmd: must not be empty`,
		nameAndImage + ` --cmd=a\`:                              `invalid value "a\\" for --cmd: ends with a backslash, but the next --cmd is a separate command; put all lines of a command into one --cmd`,
		nameAndImage + " --cmd=false&&":                         "invalid value \"false&&\" for --cmd: incomplete command (`&&` must be followed by a statement); put all lines of a command into one --cmd, with line breaks",
		nameAndImage + " --cmd=a|":                              "`|` must be followed by a statement",
		nameAndImage + ` --cmd="a`:                              "reached EOF without closing quote `\"`",
		nameAndImage + " --cmd=cat<<E":                          "unclosed here-document `E`",
		nameAndImage + " --cmd=(a --shell=bash":                 "without matching",
		nameAndImage + " --time=":                               "invalid value \"\" for --time",
		nameAndImage + " --results=":                            `invalid value "" for --results: must not be empty`,
		nameAndImage + " --request=foo=1":                       `invalid value "foo=1" for --request: unknown resource "foo"; must be cpu, memory, ephemeral-storage, hugepages-SIZE or a name with a domain`,
		nameAndImage + " --request=example.com/x=1":             "the request for example.com/x must be equal to its limit; use only --limit=example.com/x=1",
		nameAndImage + " --limit=example.com/x=1500m":           "invalid quantity 1500m for example.com/x: must be a whole number",
		nameAndImage + " --limit=hugepages-2Mi=3Mi":             "invalid quantity 3Mi for hugepages-2Mi: must be a multiple of the page size",
		nameAndImage + " --gpu=1 --gpu-resource=foo":            `invalid value "foo" for --gpu-resource: must be a resource name with a domain, such as amd.com/gpu`,
		nameAndImage + " --array=3 --max-failed-tasks=5":        `invalid value "5" for --max-failed-tasks: must be at most 3, the number of tasks`,
		nameAndImage + " --array=5-0":                           `invalid value "5-0" for --array: the end of the range is before its start`,
		nameAndImage + " --results=1Gi --fetch -d " + empty:     "--fetch -d " + empty + ": " + empty + " is not a directory",
		nameAndImage + " --results=1Gi --fetch -d /proc/nope/x": "--fetch -d /proc/nope/x: cannot write to the directory: ",
		" -f a -f b":                                                        "-f a and -f b: only one manifest is allowed; put all objects into one file, separated by ---",
		" -f " + text:                                                       `invalid Job: invalid value "3" for spec.backoffLimit: must be a whole number, without quotes`,
		nameAndImage + " --memory=16":                                       `invalid value "16" for --memory: less than 1Mi; add a unit, such as 4Gi or 500Mi`,
		nameAndImage + " --args":                                            "--args requires arguments after --, such as --args -- --epochs 10",
		nameAndImage + " --args --script=x -- b":                            "--args and --script are mutually exclusive: the arguments after -- are passed to the script",
		nameAndImage + " --shell=bash":                                      "--shell requires --cmd or --script",
		nameAndImage + " --script=no/such":                                  "--script=" + because("no/such"),
		nameAndImage + " --script=" + dir:                                   "--script=" + because(dir),
		nameAndImage + " --script=" + large:                                 "file is larger than 1 MiB, the limit of a ConfigMap or Secret",
		nameAndImage + " --script=" + windows:                               "the lines end with CRLF",
		nameAndImage + " --script=" + empty:                                 "the file is empty",
		nameAndImage + " -e NO_SUCH_VARIABLE":                               `invalid value "NO_SUCH_VARIABLE" for --env: variable NO_SUCH_VARIABLE is not set on the local machine; use --env=NO_SUCH_VARIABLE=VALUE`,
		nameAndImage + " -e 1A=b":                                           `invalid value "1A=b" for --env: invalid variable name "1A"`,
		nameAndImage + " --secret-env=1A=hidden":                            `invalid value "1A=..." for --secret-env: invalid variable name "1A"`,
		nameAndImage + " --env-file=no/such":                                "--env-file=" + because("no/such"),
		nameAndImage + " --env-file=" + latin1:                              "--env-file=" + latin1 + ", line 2: invalid UTF-8",
		nameAndImage + " --env-file=" + badName:                             "--env-file=" + badName + `, line 3: invalid variable name "A B"`,
		nameAndImage + " --env-file=" + unset:                               "line 1: variable NO_SUCH_VARIABLE is not set on the local machine; use NO_SUCH_VARIABLE=VALUE",
		nameAndImage + " --gpu=0 --gpu-type=A":                              "--gpu-type and --gpu=0 are mutually exclusive",
		nameAndImage + " --env-from=keys":                                   `invalid value "keys" for --env-from: must be secret/NAME or configmap/NAME`,
		nameAndImage + " --env-from=secret/Keys":                            `invalid value "Keys" for --env-from: invalid name "Keys"`,
		nameAndImage + " --secret=keys":                                     `invalid value "keys" for --secret: must be NAME:/path`,
		nameAndImage + " --secret=keys:keys":                                `invalid value "keys:keys" for --secret: mount path "keys" is not absolute`,
		nameAndImage + " --config-map=a/b:/x":                               `invalid value "a/b" for --config-map: invalid name "a/b"`,
		nameAndImage + " --run-as=dev":                                      `invalid value "dev" for --run-as: must be UID or UID:GID, with numbers from 0 to 2147483647`,
		nameAndImage + " --run-as=1:b":                                      `invalid value "1:b" for --run-as: invalid GID "b": must be a number from 0 to 2147483647`,
		nameAndImage + " --shm-size=8GB":                                    `invalid value "8GB" for --shm-size: unknown unit GB; use 8G or 8Gi`,
		nameAndImage + " --cpu=64k":                                         `invalid value "64k" for --cpu: must be at most 1000 CPUs`,
		nameAndImage + " --request=memory=16GB":                             `invalid value "16GB" for --request memory: unknown unit GB; use 16G or 16Gi`,
		nameAndImage + " --time=1m --deadline=30s":                          "--time=1m exceeds --deadline=30s, the time limit of the whole job",
		nameAndImage + " --cpu=0":                                           `invalid value "0" for --cpu: must be above 0`,
		nameAndImage + " --cpu=four":                                        `invalid value "four" for --cpu: must be a quantity such as 4 or 500m`,
		nameAndImage + " --memory=-1":                                       `invalid value "-1" for --memory: must be above 0`,
		nameAndImage + " --memory=1GB":                                      `invalid value "1GB" for --memory: unknown unit GB; use 1G or 1Gi`,
		nameAndImage + " --memory=500m":                                     `m means thousandths of a byte; use 500M or 500Mi`,
		nameAndImage + " --gpu=-1":                                          `invalid value "-1" for --gpu: must be a whole number from 0`,
		nameAndImage + " --gpu-resource=amd.com/gpu":                        "--gpu-resource requires --gpu",
		nameAndImage + " --gpu=1 --gpu-resource=a/b/c":                      `invalid value "a/b/c" for --gpu-resource: must be a resource name with a domain, such as amd.com/gpu`,
		nameAndImage + " --gpu-type=A/100":                                  `invalid value "A/100" for --gpu-type: must be a value of the node label nvidia.com/gpu.product, such as NVIDIA-A100-SXM4-80GB`,
		nameAndImage + " --request=cpu":                                     `invalid value "cpu" for --request: must be NAME=QUANTITY, such as ephemeral-storage=20Gi`,
		nameAndImage + " --limit=cpu=x":                                     `invalid value "x" for --limit cpu: must be a quantity such as 4 or 500m`,
		nameAndImage + " --cpu=4 --limit=cpu=2":                             "the request of 4 for cpu exceeds the limit of 2; use --cpu to set both",
		nameAndImage + " --results=0":                                       `invalid value "0" for --results: must be above 0`,
		nameAndImage + " --results=claim/x":                                 `invalid value "claim/x" for --results: must be a size such as 10Gi, or pvc/NAME[/SUBPATH]`,
		nameAndImage + " --results=pvc/":                                    `invalid value "pvc/" for --results: invalid claim name ""`,
		nameAndImage + " --results=pvc/x/../y":                              `invalid value "pvc/x/../y" for --results: invalid sub-path "../y": must be a relative path inside the volume`,
		nameAndImage + " --results=pvc/x --access-mode=RWX":                 "--storage-class and --access-mode require --results=SIZE: --results=pvc/x is an existing claim",
		nameAndImage + " --results=1Gi --access-mode=RW":                    `invalid value "RW" for --access-mode: must be RWO, RWX or RWOP`,
		nameAndImage + " --results=1Gi --access-mode=ROX":                   `invalid value "ROX" for --access-mode: the job cannot write results to a read-only claim; must be RWO, RWX or RWOP`,
		nameAndImage + " --results=1Gi --results-path=out":                  `invalid value "out" for --results-path: mount path "out" is not absolute`,
		nameAndImage + " --results=1Gi --results-path=/":                    `invalid value "/" for --results-path: a volume mounted at / would hide the files of the image`,
		nameAndImage + " --results-path=/out":                               "--results-path requires --results",
		nameAndImage + " --storage-class=fast":                              "--storage-class requires --results=SIZE",
		nameAndImage + " --results-shared --array=3":                        "--results-shared requires --results",
		nameAndImage + " --results=1Gi --results-shared":                    "--results-shared requires --array",
		nameAndImage + " --reuse-results":                                   "--reuse-results requires --results",
		nameAndImage + " --fs-group=staff":                                  `invalid value "staff" for --fs-group: must be a group ID, or none`,
		nameAndImage + " --pvc=x:y":                                         `invalid value "x:y" for --pvc: mount path "y" is not absolute`,
		nameAndImage + " --pvc=a:/x --pvc=b:/x/":                            "claim a and claim b have the same mount path /x; change one of the paths",
		nameAndImage + " --pvc=a:/results --results=1Gi":                    "claim a and the results claim have the same mount path /results; change one of the paths",
		nameAndImage + " --secret=k:/dev/shm --shm-size=1Gi":                "Secret k and --shm-size have the same mount path /dev/shm; change one of the paths",
		nameAndImage + " --scratch=x":                                       `invalid value "x" for --scratch: must be a quantity such as 4Gi or 500Mi`,
		nameAndImage + " --scratch=1Gi --scratch=2Gi":                       "--scratch and --scratch have the same mount path /scratch; change one of the paths",
		nameAndImage + " --ttl=3":                                           `invalid value "3" for --ttl: could mean seconds or minutes`,
		nameAndImage + " --ttl=30000d":                                      `invalid value "30000d" for --ttl: must be at most 68 years`,
		nameAndImage + " --time=1:30":                                       `invalid value "1:30" for --time: could mean hours and minutes or minutes and seconds`,
		nameAndImage + " --time=0s":                                         `invalid value "0s" for --time: must be at least 1s`,
		nameAndImage + " --deadline=1500ms":                                 `invalid value "1500ms" for --deadline: must be a whole number of seconds`,
		nameAndImage + " --backoff-limit=-1":                                `invalid value "-1" for --backoff-limit: must be a whole number from 0`,
		nameAndImage + " --array=1-9":                                       `invalid value "1-9" for --array: tasks are numbered from 0; use 0-8, and add 1 to the index in the job`,
		nameAndImage + " --array=1,3":                                       "without gaps",
		nameAndImage + " --array=0-9:2":                                     "without gaps",
		nameAndImage + " --array=ten":                                       `invalid value "ten" for --array: must be a number such as 100 or a range such as 0-99, with %10 for 10 tasks at a time`,
		nameAndImage + " --array=0":                                         `invalid value "0" for --array: must be 1 to 100000 tasks`,
		nameAndImage + " --array=200000":                                    `invalid value "200000" for --array: must be 1 to 100000 tasks`,
		nameAndImage + " --array=9%0":                                       `invalid value "9%0" for --array: the number after % must be at least 1`,
		nameAndImage + " --array=9 --completions=3":                         "--array and --completions are mutually exclusive: --array sets the number of tasks",
		nameAndImage + " --array=9 --parallelism=3":                         "--array and --parallelism are mutually exclusive; use --array=9%3 to run 3 tasks at a time",
		nameAndImage + " --retries-per-task=1":                              "--retries-per-task requires --array; without an array, use --backoff-limit",
		nameAndImage + " --max-failed-tasks=1":                              "--max-failed-tasks requires --array",
		" " + long[:60] + " --image=i --array=1000":                         "is too long for an array",
		nameAndImage + " --completions=0":                                   `invalid value "0" for --completions: must be a whole number from 1`,
		nameAndImage + " --retry-on-exit=0":                                 `invalid value "0" for --retry-on-exit: invalid exit status "0": must be numbers or ranges from 1 to 255, such as 1,42-44`,
		nameAndImage + " --retry-on-exit=300":                               `invalid value "300" for --retry-on-exit: invalid exit status "300": must be numbers or ranges from 1 to 255, such as 1,42-44`,
		nameAndImage + " --fail-on-exit=5-3":                                `invalid value "5-3" for --fail-on-exit: invalid exit status "5-3": must be numbers or ranges from 1 to 255, such as 1,42-44`,
		nameAndImage + " --fail-on-exit=1 --retry-on-exit=1-2":              "--retry-on-exit and --fail-on-exit both contain exit status 1",
		nameAndImage + " --queue=a/b":                                       `invalid value "a/b" for --queue: must be the name of a LocalQueue, with at most 63 characters`,
		nameAndImage + " --priority-class=High":                             `invalid value "High" for --priority-class: invalid name "High"`,
		nameAndImage + " --node-selector=gpu":                               `invalid value "gpu" for --node-selector: must be KEY=VALUE`,
		nameAndImage + " --node-selector=g=a/b":                             `invalid value "g=a/b" for --node-selector: invalid label value "a/b"`,
		nameAndImage + " --toleration=gpu:Never":                            `invalid value "gpu:Never" for --toleration: invalid effect "Never": must be NoSchedule, PreferNoSchedule or NoExecute`,
		nameAndImage + " --toleration==x":                                   `invalid value "=x" for --toleration: invalid taint key ""`,
		nameAndImage + " --arch=x86_64":                                     `invalid value "x86_64" for --arch; use amd64`,
		nameAndImage + " --arch=pdp11":                                      `invalid value "pdp11" for --arch: must be one of amd64, arm64, arm, 386, ppc64le, s390x, riscv64`,
		nameAndImage + " --arch=arm64 --node-selector=kubernetes.io/arch=x": "--arch=arm64 and --node-selector=kubernetes.io/arch=x are mutually exclusive",
		nameAndImage + " --spread --array=3 --results=1Gi":                  "--spread cannot be used with claim train-results, which only one node can mount; to use more nodes, use --access-mode=RWX if the storage supports it",
		nameAndImage + " --label=team":                                      `invalid value "team" for --label: must be KEY=VALUE`,
		nameAndImage + " --label=kubectl-batch.github.io/job=x":             `invalid value "kubectl-batch.github.io/job=x" for --label: key "kubectl-batch.github.io/job" is reserved for kubectl-batch`,
		nameAndImage + " --label=app.kubernetes.io/managed-by=x":            `invalid value "app.kubernetes.io/managed-by=x" for --label: key "app.kubernetes.io/managed-by" is reserved for kubectl-batch`,
		nameAndImage + " --shell=bash --script=testdata/files/fit.py":       "--shell cannot be used with --script=testdata/files/fit.py: its #! line names the interpreter",
		nameAndImage + " --annotation=a/b/c=x":                              `invalid value "a/b/c=x" for --annotation: invalid key "a/b/c"`,
		nameAndImage + " --dry-run=yes":                                     `invalid value "yes" for --dry-run: must be none, client or server`,
		nameAndImage + " --wait --dry-run":                                  "--wait and --dry-run=client are mutually exclusive",
		nameAndImage + " --fetch --results=1Gi --dry-run=server":            "--fetch and --dry-run=server are mutually exclusive",
		nameAndImage + " --fetch":                                           "--fetch requires --results",
		nameAndImage + " -d out":                                            "-d requires --fetch",
		nameAndImage + " --follow -o name":                                  "--follow and -o are mutually exclusive: both write to stdout",
		nameAndImage + " -o table":                                          `invalid value "table" for -o: must be one of go-template, go-template-file, json,`,
		" x -f " + two + " --from=cronjob/x":                                "-f and --from are mutually exclusive",
		" x --from=job/x":                                                   `invalid value "job/x" for --from: must be cronjob/NAME`,
		" -f no/such":                                                       "-f " + because("no/such"),
		" -f " + notYAML:                                                    "-f " + notYAML + ": ",
		" -f " + noJob:                                                      "no Job found (apiVersion: batch/v1, kind: Job)",
		" -f " + two:                                                        `more than one Job found, "a" and "b"; only one is allowed`,
		" -f " + typo:                                                       "invalid Job: unknown field spec.backofLimit; did you mean spec.backoffLimit?",
		" -f " + elsewhere:                                                  `Job "a" belongs to namespace "other", but the current namespace is "lab"; use -n other`,
		" -f testdata/files/tutorial.yaml --retry-on-exit=3":                "--retry-on-exit and --fail-on-exit require restartPolicy Never, but this job restarts its containers in place",
		" -f testdata/files/tutorial.yaml --pvc=more:/data":                 "volume data of the manifest and claim more have the same mount path /data; change one of the paths",
		" -f testdata/files/tutorial.yaml --retries-per-task=1":             "--retries-per-task requires --array; without an array, use --backoff-limit",
		" -f testdata/files/tutorial.yaml --dry-run --gpu-type=":            `invalid value "" for --gpu-type: must be a value of the node label nvidia.com/gpu.product, such as NVIDIA-A100-SXM4-80GB`,
	} {
		cluster := faketest.New()
		got := execute(t, cluster, append([]string{"run"}, strings.Fields(line)...)...)
		changes := cluster.Changes()
		if got.Status != 2 || !strings.Contains(got.Stderr, want) || got.Stdout != "" || len(changes) > 0 {
			t.Errorf("run%s: %+v; want a usage error with %q", line, got, want)
		}
	}
}

// A bucket that cannot be used is told before there is a job, and not when it has ended.
func TestRunLooksAtTheBucketFirst(t *testing.T) {
	for place, want := range map[string]string{
		"s3://My_Bucket": `error: --fetch: invalid value "s3://My_Bucket" for $KUBECTL_BATCH_VIA: the bucket name must be`,
		"s3://lab/x":     "error: --fetch: no S3 credentials found",
	} {
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} {
			t.Setenv(name, "")
		}
		t.Setenv("AWS_CONFIG_FILE", os.DevNull)
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
		t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
		cluster := faketest.New()
		got := executeAs(t, cluster, func(f *factory.Factory) {
			f.LookupEnv = func(name string) (string, bool) { return place, name == "KUBECTL_BATCH_VIA" }
		}, "run", "train", "--image=i", "--results=1Gi", "--fetch")
		if !strings.HasPrefix(got.Stderr, want) || got.Status == 0 || len(got.Changes) > 0 {
			t.Errorf("%s: %+v", place, got)
		}
	}
}
