package jobflags_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobflags"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/jobrun"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// toRequest parses a command line of run: flags, and a command after --.
func toRequest(t *testing.T, line string) (*jobrun.Request, error) {
	t.Helper()
	environment := map[string]string{"HOST_VALUE": "from here"}
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: &strings.Builder{}, ErrOut: &strings.Builder{}}
	f := &factory.Factory{Client: faketest.New(), Streams: streams, LookupEnv: func(name string) (string, bool) {
		value, ok := environment[name]
		return value, ok
	}}
	flags := jobflags.New()
	cmd := &cobra.Command{Use: "run"}
	flags.AddFlags(f, cmd, "Job template and name", flags.Base.AddTo)
	if err := cmd.ParseFlags(strings.Fields(line)); err != nil {
		return nil, err
	}
	arguments, err := jobflags.ParseArguments(cmd.Flags().Args(), cmd.ArgsLenAtDash(), "run")
	if err != nil {
		return nil, err
	}
	return flags.ToRequest(f, arguments, jobrun.Fetcher{})
}

func TestRequestOfFlags(t *testing.T) {
	const one = int32(1)
	pointer := func(n int32) *int32 { return &n }
	for line, change := range map[string]func(*submit.Request){
		"": func(*submit.Request) {},
		"--cpu=2 --memory=1Gi": func(r *submit.Request) {
			list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi")}
			r.Spec.Container.Requests, r.Spec.Container.Limits = list, list
		},
		"--request=ephemeral-storage=2Gi": func(r *submit.Request) {
			r.Spec.Container.Requests = corev1.ResourceList{corev1.ResourceEphemeralStorage: resource.MustParse("2Gi")}
		},
		"--results=10Gi --access-mode=RWX": func(r *submit.Request) {
			r.Results.Create = &claim.Spec{Size: resource.MustParse("10Gi"), Access: corev1.ReadWriteMany}
			r.Results.ExactAccess = true
		},
		"--results=pvc/data --results-path=/out": func(r *submit.Request) {
			r.Results.Path = "/out"
			r.Results.Existing = &claim.Mount{Claim: "data", Path: "/out"}
			r.References.Add(submit.Reference{Source: "--results", Kind: submit.ClaimKind, Name: "data", Text: "pvc/data"})
		},
		"--pvc=data:/in:ro --scratch=1Gi": func(r *submit.Request) {
			r.Spec.Storage.Mounts = []spec.Mount{{Mount: claim.Mount{Claim: "data", Path: "/in", ReadOnly: true}}}
			r.Spec.Storage.Scratch = []spec.Scratch{{Size: resource.MustParse("1Gi"), Path: "/scratch"}}
			r.References.Add(submit.Reference{Source: "--pvc", Kind: submit.ClaimKind, Name: "data"})
		},
		"--array=9%3 --retries-per-task=1 --time=1h --ttl=1d": func(r *submit.Request) {
			hour, day := int64(time.Hour/time.Second), int32(24*time.Hour/time.Second)
			r.Spec.Lifecycle = spec.Lifecycle{Array: &spec.Array{Tasks: 9, AtOnce: 3}, RetriesPerTask: pointer(one), Time: &hour, TTL: &day}
		},
		"--retry-on-exit=75,137 --fail-on-exit=1-2": func(r *submit.Request) {
			r.Spec.Lifecycle.RetryOn, r.Spec.Lifecycle.FailOn = []int32{75, 137}, []int32{1, 2}
		},
		"--env=A=b --env=HOST_VALUE --secret-env=KEY=c": func(r *submit.Request) {
			r.Spec.Container.Env = []corev1.EnvVar{{Name: "A", Value: "b"}, {Name: "HOST_VALUE", Value: "from here"}}
			r.SecretVariables = map[string]string{"KEY": "c"}
		},
		"--label=team=vision --annotation=note=x": func(r *submit.Request) {
			r.Spec.Labels, r.Spec.Annotations = map[string]string{"team": "vision"}, map[string]string{"note": "x"}
		},
		"--dry-run":             func(r *submit.Request) { r.DryRun = submit.DryRunClient },
		"-- python train.py":    func(r *submit.Request) { r.Spec.Container.Command = []string{"python", "train.py"} },
		"--args -- --epochs":    func(r *submit.Request) { r.Spec.Container.Args = []string{"--epochs"} },
		"--cmd=ls --shell=bash": func(r *submit.Request) { r.Spec.Container.Command = spec.Shell("bash", []string{"ls"}) },
		"--run-as=1000":         func(r *submit.Request) { r.Spec.RunAs = &spec.User{UID: 1000} },
		"--queue=q --suspend":   func(r *submit.Request) { r.Spec.Lifecycle.Queue, r.Spec.Lifecycle.Suspend = "q", true },
		"--arch=arm64": func(r *submit.Request) {
			r.Spec.Scheduling.NodeSelector = map[string]string{corev1.LabelArchStable: "arm64"}
		},
		"--fs-group=none":     func(r *submit.Request) { r.Results.SetGroup = true },
		"--from=cronjob/tick": func(r *submit.Request) { r.Base.CronJob = "tick" },
	} {
		got, err := toRequest(t, "train --image=i:1 "+line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		want := submit.Request{Namespace: faketest.Namespace, DryRun: submit.DryRunNone}
		want.Spec.Name, want.Spec.Container.Image = "train", "i:1"
		change(&want)
		if diff := cmp.Diff(want, got.Submission, cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", line, diff)
		}
	}
}

func TestAfterOfFlags(t *testing.T) {
	for line, want := range map[string]jobrun.After{
		"":                                  {},
		"--wait --timeout=2h":               {Wait: true, Timeout: 2 * time.Hour},
		"--follow --fail-fast=30s":          {Follow: true, FailFast: 30 * time.Second},
		"--results=1Gi --fetch -d out --rm": {Fetch: true, Remove: true, Dir: "out"},
	} {
		got, err := toRequest(t, "train --image=i "+line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if diff := cmp.Diff(want, got.After); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", line, diff)
		}
	}
}

// Each refusal names the flag and its value, and has the exit status of a wrong command line.
func TestRefusals(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.sh")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"--cpu=2q":                             `invalid value "2q" for --cpu`,
		"--memory=much":                        `invalid value "much" for --memory`,
		"--gpu-resource=amd.com/gpu":           "--gpu-resource requires --gpu",
		"--gpu=0 --gpu-type=A100":              "--gpu-type and --gpu=0 are mutually exclusive",
		"--request=disk":                       `invalid value "disk" for --request: must be NAME=QUANTITY`,
		"--limit=disk=1":                       `invalid value "disk=1" for --limit: unknown resource "disk"`,
		"--results=claim/data":                 `invalid value "claim/data" for --results`,
		"--results=pvc/data --access-mode=RWX": "--storage-class and --access-mode require --results=SIZE",
		"--results=1Gi --access-mode=RW":       `invalid value "RW" for --access-mode`,
		"--results-path=/out":                  "--results-path requires --results",
		"--storage-class=fast":                 "--storage-class requires --results=SIZE",
		"--pvc=data:in":                        `invalid value "data:in" for --pvc`,
		"--scratch=1Gi:in":                     `invalid value "1Gi:in" for --scratch`,
		"--fs-group=staff":                     `invalid value "staff" for --fs-group: must be a group ID, or none`,
		"--array=ten":                          `invalid value "ten" for --array`,
		"--array=9 --completions=3":            "--array and --completions are mutually exclusive",
		"--array=9 --parallelism=1":            "use --array=9%1 to run 1 task at a time",
		"--array=9 --parallelism=3":            "use --array=9%3 to run 3 tasks at a time",
		"--time=2h --deadline=1h":              "--time=2h exceeds --deadline=1h",
		"--ttl=1.5s":                           `invalid value "1.5s" for --ttl`,
		"--retry-on-exit=1 --fail-on-exit=1":   "both contain exit status 1",
		"--queue=A":                            `invalid value "A" for --queue`,
		"--env=1A=b":                           `invalid value "1A=b" for --env`,
		"--env=MISSING":                        "variable MISSING is not set on the local machine; use --env=MISSING=VALUE",
		"--secret-env=1A=hidden":               `invalid value "1A=..." for --secret-env`,
		"--label=team":                         `invalid value "team" for --label: must be KEY=VALUE`,
		"--dry-run=maybe":                      `invalid value "maybe" for --dry-run`,
		"--dry-run --wait":                     "--wait and --dry-run=client are mutually exclusive",
		"--timeout=1h":                         "--timeout requires --wait, --follow, --fetch or --rm",
		"--wait --timeout=0":                   `invalid value "0" for --timeout`,
		"--follow -o json":                     "--follow and -o are mutually exclusive",
		"-o nothing":                           `invalid value "nothing" for -o`,
		"-d out":                               "-d requires --fetch",
		"--cmd=ls -- ls":                       "--cmd and a command after -- are mutually exclusive",
		"--cmd=ls\\":                           `invalid value "ls\\" for --cmd: ends with a backslash`,
		"--run-as=root":                        `invalid value "root" for --run-as`,
		"--env-from=pod/x":                     `invalid value "pod/x" for --env-from`,
		"--s3-secret=A":                        `invalid value "A" for --s3-secret`,
		"--script=missing.sh":                  "--script=missing.sh: ",
		"--shell=bash":                         "--shell requires --cmd or --script",
		"--script=" + empty:                    "the file is empty",
		"--args":                               "--args requires arguments after --",
		"--from=job/tick":                      `invalid value "job/tick" for --from: must be cronjob/NAME`,
		"-f a -f b":                            "-f a and -f b: only one manifest is allowed",
		"-f " + empty + " --from=cronjob/x":    "-f and --from are mutually exclusive",
		"other":                                `unexpected argument "other"; put a command after --`,
		"--":                                   "missing command after --",
	} {
		_, err := toRequest(t, "train --image=i "+line)
		status, ok := errors.AsType[*exit.Error](err)
		if err == nil || !strings.Contains(err.Error(), want) || !ok || status.Status != exit.Usage {
			t.Errorf("%s: %v (%v); want a usage error with %q", line, err, ok, want)
		}
	}
}

func TestParseArguments(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		dash int
		want jobflags.Arguments
	}{
		"none":                   {nil, -1, jobflags.Arguments{}},
		"name":                   {[]string{"train"}, -1, jobflags.Arguments{Name: "train"}},
		"command":                {[]string{"train", "ls", "-l"}, 1, jobflags.Arguments{Name: "train", Command: []string{"ls", "-l"}, HasCommand: true}},
		"command alone":          {[]string{"ls"}, 0, jobflags.Arguments{Command: []string{"ls"}, HasCommand: true}},
		"dash without a command": {[]string{"train"}, 1, jobflags.Arguments{Name: "train", HasCommand: true}},
	} {
		got, err := jobflags.ParseArguments(test.args, test.dash, "run")
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%s: %v, want -, got +:\n%s", name, err, diff)
		}
	}
}

// A script becomes a ConfigMap and the command of the container. Its directives for other schedulers are notes.
func TestScript(t *testing.T) {
	file := filepath.Join(t.TempDir(), "train.sh")
	if err := os.WriteFile(file, []byte("#!/bin/sh\n#SBATCH --mem=4G\necho hi\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := toRequest(t, "train --image=i --script="+file+" -- --epochs 3")
	if err != nil {
		t.Fatal(err)
	}
	container, script := got.Submission.Spec.Container, got.Submission.Spec.Storage.Script
	if script == nil || len(container.Command) == 0 || !cmp.Equal(container.Args, []string{"--epochs", "3"}) {
		t.Errorf("script %v, command %q, arguments %q", script, container.Command, container.Args)
	}
	if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, "--memory") {
		t.Errorf("no note about --mem: %q", notes)
	}
}
