package cmd

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// Each is refused with the flag, its value, and what would be right, before the
// cluster is asked for anything.
func TestRunRefuses(t *testing.T) {
	const some = " train --image=i"
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
	large, windows, empty := write("large", strings.Repeat("x", 1<<20+1)), write("windows", "#!/bin/sh\r\necho\r\n"), write("empty", "")
	notYAML, noJob := write("not.yaml", "a: [1"), write("none.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n")
	two := write("two.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: x}]}}}\n---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: b}\n")
	typo := write("typo.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {backofLimit: 3, template: {spec: {containers: [{name: x}]}}}\n")
	elsewhere := write("elsewhere.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, namespace: other}\n")
	latin1, badName, unset := write("latin1.env", "A=1\nB=\xe9\n"), write("name.env", "# none\n\nA B=secret\n"), write("unset.env", "NO_SUCH_VARIABLE")
	text := write("text.yaml", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {backoffLimit: \"3\", template: {spec: {containers: [{name: x}]}}}\n")
	long := strings.Repeat("a", 64)
	for line, want := range map[string]string{
		"":                                                          "the NAME of the job is missing",
		" --image=i -- train":                                       "the NAME of the job is missing",
		some + " python x.py":                                       `one NAME is expected, but there is "python" too; a command goes behind --: run train --image=IMAGE -- python x.py`,
		some + " --":                                                "-- is there, but no command behind it",
		" Train --image=i":                                          `"Train" cannot be the name of a job: a lowercase RFC 1123 label`,
		" a.b --image=i":                                            `"a.b" cannot be the name of a job`,
		" --image=i " + long:                                        long + `" cannot be the name of a job: must be no more than 63`,
		" train":                                                    "--image is missing: the container image to run",
		some + " --image-pull-policy=always":                        `--image-pull-policy="always": Always, IfNotPresent or Never is expected`,
		some + " --workdir=work":                                    `--workdir="work": a path that begins with / is expected`,
		some + " --cmd=a --script=b":                                "--cmd and --script exclude each other",
		some + " --cmd=a -- b":                                      `--cmd="a" and what follows -- exclude each other`,
		some + " --cmd=":                                            `--cmd="": there is nothing to run`,
		some + ` --cmd=a\`:                                          `--cmd="a\\": a backslash at the end asks for another line`,
		some + " --cmd=false&&":                                     "--cmd=\"false&&\": it is no command without the next line (`&&` must be followed by a statement), and the next --cmd is one of its own",
		some + " --cmd=a|":                                          "`|` must be followed by a statement",
		some + ` --cmd="a`:                                          "reached EOF without closing quote `\"`",
		some + " --cmd=cat<<E":                                      "unclosed here-document `E`",
		some + " --cmd=(a --shell=bash":                             "without matching",
		some + " --time=":                                           "invalid value \"\" for --time",
		some + " --results=":                                        `invalid value "" for --results: must not be empty`,
		some + " --request=foo=1":                                   `--request="foo=1": there is no resource foo`,
		some + " --request=example.com/x=1":                         "example.com/x: what is requested of it must be its limit too: --limit example.com/x=1 alone says both",
		some + " --limit=example.com/x=1500m":                       "example.com/x=1500m: a whole number is expected",
		some + " --limit=hugepages-2Mi=3Mi":                         "hugepages-2Mi=3Mi: a multiple of the size in its name is expected",
		some + " --gpu=1 --gpu-resource=foo":                        `--gpu-resource="foo": the name of a resource with its domain is expected`,
		some + " --array=3 --max-failed-tasks=5":                    "--max-failed-tasks=5: the array has 3 tasks",
		some + " --array=5-0":                                       `--array: "5-0": its end is before its beginning`,
		some + " --results=1Gi --fetch -d " + empty:                 "--fetch -d " + empty + ": " + empty + " is not a folder",
		some + " --results=1Gi --fetch -d /proc/nope/x":             "--fetch -d /proc/nope/x: nothing can be written there: ",
		" -f a -f b":                                                "-f a and -f b: one manifest is expected",
		" -f " + text:                                               `the Job: invalid value "3" for spec.backoffLimit: must be a whole number, without quotes`,
		some + " --memory=16":                                       `invalid value "16" for --memory: 16 bytes are too few; add a unit, such as 4Gi or 500Mi`,
		some + " --args":                                            "--args is there, but no arguments",
		some + " --args --script=x -- b":                            "--args and --script exclude each other",
		some + " --shell=bash":                                      "--shell goes with --cmd or --script",
		some + " --script=no/such":                                  "--script=" + because("no/such"),
		some + " --script=" + dir:                                   "--script=" + because(dir),
		some + " --script=" + large:                                 "it is larger than 1 MiB, the most that a ConfigMap or Secret holds",
		some + " --script=" + windows:                               "its lines end as on Windows",
		some + " --script=" + empty:                                 "the file is empty",
		some + " -e NO_SUCH_VARIABLE":                               "--env=NO_SUCH_VARIABLE: there is no variable of that name here; --env NO_SUCH_VARIABLE=VALUE gives it one",
		some + " -e 1A=b":                                           `--env="1A=b": "1A" is not the name of a variable`,
		some + " --secret-env=1A=hidden":                            `--secret-env="1A=...": "1A" is not the name of a variable`,
		some + " --env-file=no/such":                                "--env-file=" + because("no/such"),
		some + " --env-file=" + latin1:                              "--env-file=" + latin1 + ", line 2: it is not UTF-8 text",
		some + " --env-file=" + badName:                             "--env-file=" + badName + `, line 3: "A B" is not the name of a variable`,
		some + " --env-file=" + unset:                               "line 1: there is no variable NO_SUCH_VARIABLE here; NO_SUCH_VARIABLE=VALUE gives it one",
		some + " --gpu=0 --gpu-type=A":                              "--gpu-type names nodes with GPUs, and --gpu=0 asks for none",
		some + " --env-from=keys":                                   `--env-from="keys": secret/NAME or configmap/NAME is expected`,
		some + " --env-from=secret/Keys":                            `--env-from="Keys": "Keys" is not a name`,
		some + " --secret=keys":                                     `--secret="keys": NAME:/path is expected`,
		some + " --secret=keys:keys":                                `--secret="keys:keys": the path "keys" is not absolute`,
		some + " --config-map=a/b:/x":                               `--config-map="a/b": "a/b" is not a name`,
		some + " --run-as=dev":                                      `--run-as: "dev": UID or UID:GID is expected`,
		some + " --run-as=1:b":                                      `--run-as: "1:b": the group "b" is not a number`,
		some + " --shm-size=8GB":                                    `invalid value "8GB" for --shm-size: unknown unit GB; use 8G or 8Gi`,
		some + " --cpu=64k":                                         `invalid value "64k" for --cpu: must be at most 1000 CPUs`,
		some + " --request=memory=16GB":                             `invalid value "16GB" for --request memory: unknown unit GB; use 16G or 16Gi`,
		some + " --time=1m --deadline=30s":                          "--time=1m is longer than --deadline=30s, the limit of the whole job",
		some + " --cpu=0":                                           `invalid value "0" for --cpu: must be above 0`,
		some + " --cpu=four":                                        `invalid value "four" for --cpu: must be a quantity such as 4 or 500m`,
		some + " --memory=-1":                                       `invalid value "-1" for --memory: must be above 0`,
		some + " --memory=1GB":                                      `invalid value "1GB" for --memory: unknown unit GB; use 1G or 1Gi`,
		some + " --memory=500m":                                     `m means thousandths of a byte; use 500M or 500Mi`,
		some + " --gpu=-1":                                          `invalid value "-1" for --gpu: must be a whole number from 0`,
		some + " --gpu-resource=amd.com/gpu":                        "--gpu-resource goes with --gpu",
		some + " --gpu=1 --gpu-resource=a/b/c":                      `--gpu-resource="a/b/c": the name of a resource with its domain is expected`,
		some + " --gpu-type=A/100":                                  `--gpu-type="A/100": a value of the node label`,
		some + " --request=cpu":                                     `--request="cpu": NAME=QUANTITY is expected`,
		some + " --limit=cpu=x":                                     `invalid value "x" for --limit cpu: must be a quantity such as 4 or 500m`,
		some + " --cpu=4 --limit=cpu=2":                             "cpu: a request of 4 is more than the limit, 2: --cpu sets both alike",
		some + " --results=0":                                       `invalid value "0" for --results: must be above 0`,
		some + " --results=claim/x":                                 `--results="claim/x": a size, or pvc/NAME[/SUBPATH], is expected`,
		some + " --results=pvc/":                                    `"" is not the name of a claim`,
		some + " --results=pvc/x/../y":                              `"../y" is not a folder inside the volume`,
		some + " --results=pvc/x --access-mode=RWX":                 "--storage-class and --access-mode are of a new claim",
		some + " --results=1Gi --access-mode=RW":                    `--access-mode="RW": RWO, RWX or RWOP is expected`,
		some + " --results=1Gi --access-mode=ROX":                   `--access-mode="ROX": the job could not write its results there`,
		some + " --results=1Gi --results-path=out":                  `--results-path="out": the path "out" is not absolute`,
		some + " --results=1Gi --results-path=/":                    "would hide the image's own files",
		some + " --results-path=/out":                               "--results-path requires --results",
		some + " --storage-class=fast":                              "--storage-class requires --results=SIZE",
		some + " --results-shared --array=3":                        "--results-shared requires --results",
		some + " --results=1Gi --results-shared":                    "--results-shared goes with --array",
		some + " --reuse-results":                                   "--reuse-results requires --results",
		some + " --fs-group=staff":                                  `--fs-group="staff": the number of a group, or none, is expected`,
		some + " --pvc=x:y":                                         `--pvc: "x:y": the path "y" is not absolute`,
		some + " --pvc=a:/x --pvc=b:/x/":                            "claim a and claim b are both to be mounted at /x",
		some + " --pvc=a:/results --results=1Gi":                    "claim a and the results are both to be mounted at /results",
		some + " --secret=k:/dev/shm --shm-size=1Gi":                "secret k and --shm-size are both to be mounted at /dev/shm",
		some + " --scratch=x":                                       `invalid value "x" for --scratch: must be a quantity such as 4Gi or 500Mi`,
		some + " --scratch=1Gi --scratch=2Gi":                       "--scratch and --scratch are both to be mounted at /scratch",
		some + " --ttl=3":                                           `invalid value "3" for --ttl: could mean seconds or minutes`,
		some + " --ttl=30000d":                                      `--ttl="30000d": 68 years is the longest`,
		some + " --time=1:30":                                       `invalid value "1:30" for --time: could mean hours and minutes or minutes and seconds`,
		some + " --time=0s":                                         `--time="0s": at least 1s is expected`,
		some + " --deadline=1500ms":                                 `--deadline="1500ms": whole seconds are expected`,
		some + " --backoff-limit=-1":                                `invalid value "-1" for --backoff-limit: must be a whole number from 0`,
		some + " --array=1-9":                                       `--array: "1-9": Kubernetes numbers the tasks from 0: write 0-8, and add 1 in the job`,
		some + " --array=1,3":                                       "without gaps",
		some + " --array=0-9:2":                                     "without gaps",
		some + " --array=ten":                                       `--array: "ten": 0-99 or 100 is expected`,
		some + " --array=0":                                         "from 1 to 100000 tasks are possible",
		some + " --array=200000":                                    "from 1 to 100000 tasks are possible",
		some + " --array=9%0":                                       "at least one task at once is expected behind %",
		some + " --array=9 --completions=3":                         "--array=9 and --completions=3 exclude each other",
		some + " --array=9 --parallelism=3":                         "--array=9 and --parallelism=3 exclude each other: --array 9%3 has that many tasks at once",
		some + " --retries-per-task=1":                              "--retries-per-task goes with --array",
		some + " --max-failed-tasks=1":                              "--max-failed-tasks goes with --array",
		" " + long[:60] + " --image=i --array=1000":                 "is too long for the name of an array",
		some + " --completions=0":                                   `invalid value "0" for --completions: must be a whole number from 1`,
		some + " --retry-on-exit=0":                                 `--retry-on-exit: "0": "0" is no exit status of a failure`,
		some + " --retry-on-exit=300":                               `"300" is no exit status of a failure`,
		some + " --fail-on-exit=5-3":                                `--fail-on-exit: "5-3": "5-3" is no exit status`,
		some + " --fail-on-exit=1 --retry-on-exit=1-2":              "--retry-on-exit=1-2 and --fail-on-exit=1 both have 1",
		some + " --queue=a/b":                                       `--queue="a/b": this is not the name of a queue`,
		some + " --priority-class=High":                             `--priority-class="High": "High" is not a name`,
		some + " --node-selector=gpu":                               `--node-selector="gpu": KEY=VALUE is expected`,
		some + " --node-selector=g=a/b":                             `the value "a/b" is none`,
		some + " --toleration=gpu:Never":                            `--toleration: "gpu:Never": the effect is NoSchedule, PreferNoSchedule or NoExecute, not "Never"`,
		some + " --toleration==x":                                   `is not the key of a taint`,
		some + " --arch=x86_64":                                     `--arch="x86_64": Kubernetes calls it amd64`,
		some + " --arch=pdp11":                                      `--arch="pdp11": amd64, arm64 or another`,
		some + " --arch=arm64 --node-selector=kubernetes.io/arch=x": "exclude each other",
		some + " --spread --array=3 --results=1Gi":                  "--spread: the pods share claim train-results, which only one node may use; --access-mode RWX",
		some + " --label=team":                                      `--label="team": KEY=VALUE is expected`,
		some + " --label=kubectl-batch.github.io/job=x":             `the key "kubectl-batch.github.io/job" is one of those by which this plugin knows what it made`,
		some + " --label=app.kubernetes.io/managed-by=x":            `is one of those by which this plugin knows what it made`,
		some + " --shell=bash --script=testdata/files/fit.py":       "--shell=bash: the first line of testdata/files/fit.py names its program already",
		some + " --annotation=a/b/c=x":                              `--annotation="a/b/c=x": the key "a/b/c" is none`,
		some + " --dry-run=yes":                                     `--dry-run="yes": none, client or server is expected`,
		some + " --wait --dry-run":                                  "--wait and --dry-run=client exclude each other",
		some + " --fetch --results=1Gi --dry-run=server":            "--fetch and --dry-run=server exclude each other",
		some + " --fetch":                                           "--fetch requires --results",
		some + " -d out":                                            "-d goes with --fetch",
		some + " --follow -o name":                                  "--follow and -o exclude each other",
		some + " -o table":                                          `-o: unable to match a printer suitable for the output format "table"`,
		" x -f " + two + " --from=cronjob/x":                        "-f and --from exclude each other",
		" x --from=job/x":                                           `--from="job/x": cronjob/NAME is expected`,
		" -f no/such":                                               "-f " + because("no/such"),
		" -f " + notYAML:                                            "-f " + notYAML + ": ",
		" -f " + noJob:                                              "there is no Job in it",
		" -f " + two:                                                `there are two jobs in it, "a" and "b"`,
		" -f " + typo:                                               "the Job: unknown field spec.backofLimit; did you mean spec.backoffLimit?",
		" -f " + elsewhere:                                          `Job "a" is of namespace "other", and this one is "lab": -n other works there`,
		" -f testdata/files/tutorial.yaml --retry-on-exit=3":        "--retry-on-exit and --fail-on-exit need restartPolicy: Never",
		" -f testdata/files/tutorial.yaml --pvc=more:/data":         "volume data of the manifest and claim more are both to be mounted at /data",
		" -f testdata/files/tutorial.yaml --retries-per-task=1":     "--retries-per-task goes with --array",
		" -f testdata/files/tutorial.yaml --dry-run --gpu-type=":    `--gpu-type=""`,
	} {
		cluster := faketest.New()
		got := execute(t, cluster, append([]string{"run"}, strings.Fields(line)...)...)
		asked := cluster.Changes()
		if got.Status != 2 || !strings.Contains(got.Stderr, want) || got.Stdout != "" || len(asked) > 0 {
			t.Errorf("run%s: %+v; want a usage error with %q", line, got, want)
		}
	}
}

// A bucket that cannot be used is told before there is a job, and not when it has ended.
func TestRunLooksAtTheBucketFirst(t *testing.T) {
	for place, want := range map[string]string{
		"s3://My_Bucket": `error: --fetch: $KUBECTL_BATCH_VIA: invalid bucket name "My_Bucket": must be`,
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
