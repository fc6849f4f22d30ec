package run

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/kubectl/pkg/scheme"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// parse reads a command line, split at white space, as cobra does.
func parse(t *testing.T, line string) (*Options, error) {
	t.Helper()
	flags := &Flags{Print: genericclioptions.NewPrintFlags("created").WithTypeSetter(scheme.Scheme)}
	set := pflag.NewFlagSet("run", pflag.ContinueOnError)
	flags.AddFlags(set)
	set.StringVarP(flags.Print.OutputFormat, "output", "o", "", "")
	if err := set.Parse(strings.Fields(line)); err != nil {
		t.Fatal(err)
	}
	cluster := faketest.New()
	options, err := flags.ToOptions(&factory.Factory{Client: cluster, Streams: genericiooptions.IOStreams{Out: &bytes.Buffer{}}}, set.Args(), set.ArgsLenAtDash())
	if calls := cluster.Calls(); len(calls) > 0 {
		t.Errorf("the cluster was asked: %v", calls)
	}
	return options, err
}

func quantities(pairs ...string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for pair := range slices.Chunk(pairs, 2) {
		list[corev1.ResourceName(pair[0])] = resource.MustParse(pair[1])
	}
	return list
}

func TestToOptions(t *testing.T) {
	ttl := int32(36 * 3600)
	// request is what the spec does not hold.
	type request struct {
		Size, DryRun string
		Reuse, Wait  bool
	}
	for line, want := range map[string]struct {
		spec job.Spec
		request
	}{
		"train --image=i": {job.Spec{}, request{DryRun: "none"}},
		"train --image=i -- sh -c x --image=j -- y": {
			job.Spec{Command: []string{"sh", "-c", "x", "--image=j", "--", "y"}}, request{DryRun: "none"},
		},
		"--image i --cpu=500m --memory 16Gi --gpu=2 train": {
			job.Spec{Resources: quantities("cpu", "500m", "memory", "16Gi", "nvidia.com/gpu", "2")}, request{DryRun: "none"},
		},
		"train --image=i --gpu=0":   {job.Spec{}, request{DryRun: "none"}},
		"train --image=i --dry-run": {job.Spec{}, request{DryRun: "client"}},
		"train --image=i -eA=b=c,d --env B=": {
			job.Spec{Env: []corev1.EnvVar{{Name: "A", Value: "b=c,d"}, {Name: "B"}}}, request{DryRun: "none"},
		},
		"train --image=i --pvc=data:/data:ro --pvc=data/out:/out --results=10Gi --reuse-results --wait": {
			job.Spec{Results: "train-results", Mounts: []volume.Mount{
				{Claim: "data", Path: "/data", ReadOnly: true}, {Claim: "data", SubPath: "out", Path: "/out"}, {Claim: "train-results", Path: "/results"},
			}},
			request{Size: "10Gi", DryRun: "none", Reuse: true, Wait: true},
		},
		"train --image=i --ttl=1d12h --backoff-limit=3 --image-pull-policy=Never --dry-run=server": {
			job.Spec{TTLSeconds: &ttl, BackoffLimit: 3, PullPolicy: corev1.PullNever}, request{DryRun: "server"},
		},
	} {
		t.Run(line, func(t *testing.T) {
			want.spec.Name, want.spec.Namespace, want.spec.Image = "train", faketest.Namespace, "i"
			options, err := parse(t, line)
			if err != nil {
				t.Fatal(err)
			}
			got := request{DryRun: string(options.dryRun), Reuse: options.reuse, Wait: options.wait}
			if options.size != nil {
				got.Size = options.size.String()
			}
			if diff := cmp.Diff(want.spec, options.spec); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(want.request, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// Every refusal is about the command line and names the flag and its value.
func TestToOptionsRefuses(t *testing.T) {
	long := strings.Repeat("a", 64)
	for line, want := range map[string]string{
		"":                                               "the NAME of the job is missing",
		"--image=i -- train":                             "the NAME of the job is missing",
		"train python x.py --image=i":                    `one NAME is expected, but there is "python" too; a command goes behind --: run train --image=IMAGE -- python x.py`,
		"train --image=i --":                             "-- is there, but no command behind it",
		"Train --image=i":                                `"Train" cannot be the name of a job: a lowercase RFC 1123 label`,
		"a.b --image=i":                                  `"a.b" cannot be the name of a job`,
		long + " --image=i":                              long + `" cannot be the name of a job: must be no more than 63`,
		"train":                                          "--image is missing: the container image to run",
		"train --image=i --cpu=0":                        `--cpu="0": a quantity above 0 is expected, such as 4 or 500m`,
		"train --image=i --cpu=four":                     `--cpu="four": a quantity above 0 is expected`,
		"train --image=i --memory=-1":                    `--memory="-1": a quantity above 0 is expected, such as 10Gi or 500Mi`,
		"train --image=i --memory=1GB":                   `--memory="1GB"`,
		"train --image=i --gpu=-1":                       "--gpu=-1: 0 or more is expected",
		"train --image=i --results=0":                    `--results="0": a quantity above 0 is expected, such as 10Gi or 500Mi`,
		"train --image=i -eA":                            `--env="A": KEY=VALUE is expected`,
		"train --image=i -e1A=b":                         `--env="1A=b": "1A" is not the name of a variable`,
		"train --image=i --ttl=3":                        `--ttl: "3" could be seconds or minutes`,
		"train --image=i --ttl=30000d":                   `--ttl="30000d": 68 years is the longest`,
		"train --image=i --pvc=x:y":                      `--pvc: "x:y": the path "y" is not absolute`,
		"train --image=i --backoff-limit=-1":             "--backoff-limit=-1: 0 or more is expected",
		"train --image=i --image-pull-policy=always":     `--image-pull-policy="always": Always, IfNotPresent or Never is expected`,
		"train --image=i --dry-run=yes":                  `--dry-run="yes": none, client or server is expected`,
		"train --image=i --reuse-results":                "--reuse-results goes with --results",
		"train --image=i --wait --dry-run":               "--wait and --dry-run=client exclude each other",
		"train --image=i -o table":                       `-o: unable to match a printer suitable for the output format "table"`,
		"train --image=i --pvc=a:/x --pvc=b:/x/":         "claims a and b are both to be mounted at /x: give one another path, as in --pvc b:/path",
		"train --image=i --pvc=a:/results --results=1Gi": "claims a and train-results are both to be mounted at /results",
	} {
		t.Run(line, func(t *testing.T) {
			_, err := parse(t, line)
			if exit.Status(err) != exit.Usage || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, status %d; want a usage error with %q", err, exit.Status(err), want)
			}
		})
	}
}
