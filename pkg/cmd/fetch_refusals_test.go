package cmd

import (
	"strings"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// Each is refused with what was meant, before the cluster is asked for anything.
func TestFetchRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"":                                         "missing argument JOB",
		"-l a=b train":                             `job names and -l are mutually exclusive: "train"; to copy a PATH of that name, write ./train`,
		"-l a=b job/train":                         `job names and -l are mutually exclusive: "job/train"`,
		"-l a=b @latest":                           `job names and -l are mutually exclusive: "@latest"`,
		"-l a=b pvc/data":                          `job names and -l are mutually exclusive: "pvc/data"`,
		"-l a=b /x model.pt":                       `job names and -l are mutually exclusive: "model.pt"; to copy a PATH of that name, write ./model.pt`,
		"--unfetched train":                        `job names and --unfetched are mutually exclusive: "train"`,
		"-l a=(":                                   `invalid value "a=(" for -l: `,
		"-l a=b .":                                 `"." looks like a folder of this machine; the folder to copy to is given by -d: kubectl batch fetch -l a=b -d .`,
		"--unfetched -l a=b /x ..":                 "kubectl batch fetch --unfetched -l a=b /x -d ..",
		"-A":                                       "-A selects all jobs; add --unfetched, -l or --mine",
		"--except=a -d x":                          "--except selects all jobs; add --unfetched, -l or --mine",
		"--failed --except=a .":                    "kubectl batch fetch --failed --except a -d .",
		"--unfetched ~/x":                          "kubectl batch fetch --unfetched -d ~/x",
		"-l a=b --manifest=sums":                   "--manifest=sums: one file is of one job",
		"--unfetched --manifest=sums":              "--manifest=sums: one file is of one job",
		"train --manifest=testdata":                "--manifest=testdata: this is a folder",
		"train --plan --manifest=sums":             "--plan copies nothing, so there is nothing to write to --manifest=sums",
		"train --plan --transport=tar":             "--transport=tar sends files without a list",
		"train --include=a[":                       `invalid value "a[" for --include: a bracket is not closed`,
		"train --exclude=a --exclude=./b":          `invalid value "./b" for --exclude: "." and ".." are not allowed`,
		"train --parallel=-1":                      "--parallel=-1: a number from 1 to 64",
		"train --parallel=65":                      "--parallel=65: a number from 1 to 64",
		"train --parallel=many":                    `invalid value "many" for --parallel: must be a whole number`,
		"train --retries=-1":                       "--retries=-1: a number from 0 to 100",
		"train --compress=gzip":                    `--compress="gzip": auto, zstd, s2 or none is expected`,
		"train --transport=ssh":                    `--transport="ssh": auto, tunnel, exec or tar is expected`,
		"train --limit-rate=10Mbit":                `--limit-rate="10Mbit": bytes a second are expected, such as 10M, 1.5G or 512Ki`,
		"train --timeout=5":                        `invalid value "5" for --timeout: could mean seconds or minutes; use 5s or 5m`,
		"train --timeout=0s":                       "--timeout=0s: more than 0 is expected",
		"train --progress=bar":                     `--progress="bar": auto, json or none is expected`,
		"train -o yaml":                            "-o yaml: json is expected",
		"train --task=x":                           `--task="x": "x" is no number or range of tasks`,
		"train --task=1,":                          `--task="1,": "" is no number or range of tasks`,
		"train --task=99999999999":                 `"99999999999" is no number or range of tasks`,
		"pvc/data --task=1":                        "--task=1: of a claim it is not known which folder is a task's",
		"pod/train":                                `invalid argument "pod/train": it names a pod, not a job`,
		"deploy/train":                             `invalid argument "deploy/train": it names a Deployment, not a job`,
		"train --via=results":                      `--via: invalid S3 location "results": must be s3://BUCKET[/PREFIX]`,
		"train --via=s3://Results":                 `--via: invalid bucket name "Results": must be`,
		"train --via=s3://res/a/../b":              `--via: invalid S3 location "s3://res/a/../b": the prefix must not contain`,
		"s3://res/x":                               "s3://res/x: -d says which folder the files go to",
		"s3://res/x a -d x":                        `"a": from a bucket all comes, or what --include and --exclude choose`,
		"s3://res/x -d x --via=s3://res":           "--via: from s3://res/x files come without the cluster",
		"s3://res/x -d x --transport=exec":         "--transport: from s3://res/x files come without the cluster",
		"s3://Res/x -d x":                          `error: invalid bucket name "Res": must be`,
		"train --path-style=maybe":                 `invalid value "maybe" for --path-style: true or false is expected`,
		"train --path-style=false":                 "--path-style is about a bucket",
		"train --keep-objects":                     "--keep-objects is about a bucket: it goes with --via=s3://BUCKET",
		"train --via=none --region=x":              "--region is about a bucket",
		"train --via=s3://res --transport=tar":     "--transport=tar sends through the API server, and --via=s3://res does not",
		"train --via=s3://res --endpoint-url=ceph": `invalid value "ceph" for --endpoint-url: must be a URL`,
		"train --via=s3://res --in-cluster-endpoint-url=s3://x": `invalid value "s3://x" for --in-cluster-endpoint-url: must be a URL`,
		"train --helper-cpu=0":              `invalid value "0" for --helper-cpu: must be above 0`,
		"train --output-dir=x":              "unknown flag --output-dir; use -d",
		"train --include":                   "flag needs an argument: --include",
		"train --helper-memory=256Mi --bar": "unknown flag --bar",
	} {
		cluster := faketest.New()
		got := execute(t, cluster, append([]string{"fetch"}, strings.Fields(line)...)...)
		if got.Status != 2 || !strings.Contains(got.Stderr, want) || got.Stdout != "" || len(cluster.Calls()) > 0 {
			t.Errorf("%s: %+v; want a usage error with %q", line, got, want)
		}
	}
}
