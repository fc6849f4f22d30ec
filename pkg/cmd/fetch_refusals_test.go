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
		"-l a=b train":                             `job names and -l are mutually exclusive; if "train" is a PATH, use ./train`,
		"-l a=b job/train":                         `job names and -l are mutually exclusive; if "job/train" is a PATH`,
		"-l a=b @latest":                           `job names and -l are mutually exclusive; if "@latest" is a PATH`,
		"-l a=b pvc/data":                          `job names and -l are mutually exclusive; if "pvc/data" is a PATH`,
		"-l a=b /x model.pt":                       `job names and -l are mutually exclusive; if "model.pt" is a PATH, use ./model.pt`,
		"--unfetched train":                        `job names and --unfetched are mutually exclusive; if "train" is a PATH`,
		"-l a=(":                                   `invalid value "a=(" for -l: `,
		"-l a=b .":                                 `invalid PATH ".": it looks like a local directory; to copy to it, run "kubectl batch fetch -l a=b -d ."`,
		"--unfetched -l a=b /x ..":                 "kubectl batch fetch --unfetched -l a=b /x -d ..",
		"-A":                                       "-A selects all jobs; use it with --unfetched, -l or --mine",
		"--except=a -d x":                          "--except selects all jobs; use it with --unfetched, -l or --mine",
		"--failed --except=a .":                    "kubectl batch fetch --failed --except a -d .",
		"--unfetched ~/x":                          "kubectl batch fetch --unfetched -d ~/x",
		"-l a=b --manifest=sums":                   "--manifest=sums requires a single job",
		"--unfetched --manifest=sums":              "--manifest=sums requires a single job",
		"train --manifest=testdata":                `invalid value "testdata" for --manifest: must be a file, not a directory`,
		"train --plan --manifest=sums":             "--plan and --manifest=sums are mutually exclusive",
		"train --plan --transport=tar":             "--plan and --transport=tar are mutually exclusive",
		"train --include=a[":                       `invalid value "a[" for --include: a bracket is not closed`,
		"train --exclude=a --exclude=./b":          `invalid value "./b" for --exclude: "." and ".." are not allowed`,
		"train --parallel=-1":                      `invalid value "-1" for --parallel: must be a number from 1 to 64`,
		"train --parallel=0":                       `invalid value "0" for --parallel: must be a number from 1 to 64`,
		"train --parallel=65":                      `invalid value "65" for --parallel: must be a number from 1 to 64`,
		"train --parallel=many":                    `invalid value "many" for --parallel: must be a number from 1 to 64`,
		"train --retries=101":                      `invalid value "101" for --retries: must be a number from 0 to 100`,
		"train --retries=many":                     `invalid value "many" for --retries: must be a number from 0 to 100`,
		"train --retries=-1":                       `invalid value "-1" for --retries: must be a number from 0 to 100`,
		"train --compress=gzip":                    `invalid value "gzip" for --compress: must be auto, zstd, s2 or none`,
		"train --transport=ssh":                    `invalid value "ssh" for --transport: must be auto, tunnel, exec or tar`,
		"train --limit-rate=10Mbit":                `invalid value "10Mbit" for --limit-rate: must be bytes per second, such as 10M, 1.5G or 512Ki`,
		"train --timeout=5":                        `invalid value "5" for --timeout: could mean seconds or minutes; use 5s or 5m`,
		"train --timeout=0":                        `invalid value "0" for --timeout: must be longer than 0, such as 30s or 5m`,
		"train --timeout=0s":                       `invalid value "0s" for --timeout: must be longer than 0, such as 30s or 5m`,
		"train --progress=bar":                     `invalid value "bar" for --progress: must be auto, json or none`,
		"train -o yaml":                            `invalid value "yaml" for -o: must be json`,
		"train --task=x":                           `invalid value "x" for --task: "x" must be a number or range of tasks`,
		"train --task=1,":                          `invalid value "1," for --task: "" must be a number or range of tasks`,
		"train --task=99999999999":                 `"99999999999" must be a number or range of tasks`,
		"pvc/data --task=1":                        "--task=1 requires a job",
		"pod/train":                                `invalid argument "pod/train": it names a pod, not a job`,
		"deploy/train":                             `invalid argument "deploy/train": it names a Deployment, not a job`,
		"train --via=results":                      `invalid value "results" for --via: must be s3://BUCKET[/PREFIX]`,
		"train --via=s3://Results":                 `invalid value "s3://Results" for --via: the bucket name must be 3 to 63 characters`,
		"train --via=s3://res/a/../b":              `invalid value "s3://res/a/../b" for --via: the prefix must not contain`,
		"train --to=results":                       `invalid value "results" for --to: must be s3://BUCKET[/PREFIX]`,
		"s3:/res/x":                                `invalid argument "s3:/res/x": must be JOB (NAME, job/NAME or @latest), pvc/NAME or s3://BUCKET/PREFIX`,
		"https://res/x":                            `invalid argument "https://res/x": must be JOB`,
		"train --dry-run":                          "unknown flag --dry-run; use --plan",
		"train -d":                                 "missing value for -d; use --dir DIR",
		"s3://res/x":                               "the source s3://res/x requires -d DIR",
		"s3://res/x a -d x":                        `PATH "a" and the source s3://res/x are mutually exclusive; use --include and --exclude`,
		"s3://res/x -d x --via=s3://res":           "--via and the source s3://res/x are mutually exclusive",
		"s3://res/x -d x --transport=exec":         "--transport and the source s3://res/x are mutually exclusive",
		"s3://Res/x -d x":                          `error: invalid argument "s3://Res/x": the bucket name must be`,
		"train --path-style=maybe":                 `invalid value "maybe" for --path-style: must be true or false`,
		"train --path-style=false":                 "--path-style requires --via=s3://BUCKET",
		"train --keep-objects":                     "--keep-objects requires --via=s3://BUCKET\n",
		"train --via=none --region=x":              "--region requires --via=s3://BUCKET",
		"train --via=s3://res --transport=tar":     "--transport=tar and --via=s3://res are mutually exclusive",
		"train --via=s3://res --endpoint-url=ceph": `invalid value "ceph" for --endpoint-url: must be a URL`,
		"train --via=s3://res --in-cluster-endpoint-url=s3://x": `invalid value "s3://x" for --in-cluster-endpoint-url: must be a URL`,
		"train --helper-cpu=0":              `invalid value "0" for --helper-cpu: must be above 0`,
		"train --output-dir=x":              "unknown flag --output-dir; use -d",
		"train --include":                   "missing value for --include; use --include GLOB",
		"train --helper-memory=256Mi --bar": "unknown flag --bar",
	} {
		cluster := faketest.New()
		got := execute(t, cluster, append([]string{"fetch"}, strings.Fields(line)...)...)
		if got.Status != 2 || !strings.Contains(got.Stderr, want) || got.Stdout != "" || len(cluster.Calls()) > 0 {
			t.Errorf("%s: %+v; want a usage error with %q", line, got, want)
		}
	}
}
