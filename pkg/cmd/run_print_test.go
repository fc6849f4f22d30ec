package cmd

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// What a dry run prints is what would be sent; only the client's sends nothing.
func TestRunDryRun(t *testing.T) {
	args := []string{"run", "train", "--image=localhost/train:1", "--results=10Gi"}
	for name, test := range map[string]struct {
		flags  []string
		golden string
		stdout string
		calls  int
	}{
		"client":         {[]string{"--dry-run"}, "", "persistentvolumeclaim/train-results created (dry run)\njob.batch/train created (dry run)\n", 0},
		"client as yaml": {[]string{"--dry-run=client", "-o", "yaml"}, "run-dry-run.yaml", "", 0},
		"client as json": {[]string{"--dry-run=client", "-o", "json"}, "run-dry-run.json", "", 0},
		"client as name": {[]string{"--dry-run=client", "-o", "name"}, "", "job.batch/train\n", 0},
		"server":         {[]string{"--dry-run=server"}, "", "persistentvolumeclaim/train-results created (server dry run)\njob.batch/train created (server dry run)\n", 4},
		"server as yaml": {[]string{"--dry-run=server", "-o", "yaml"}, "run-dry-run-server.yaml", "", 4},
		"none":           {[]string{"--dry-run=none", "-o", "jsonpath={.kind}"}, "", "Job", 6},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New()
			got := execute(t, cluster, append(args[:4:4], test.flags...)...)
			if test.golden != "" {
				faketest.Golden(t, test.golden, got.Stdout)
			} else {
				equal(t, got.Stdout, test.stdout)
			}
			equal(t, len(cluster.Calls()), test.calls)
			equal(t, got.Status, 0)
		})
	}
}

// What is made carries whom it is for.
func TestRunStampsTheOwner(t *testing.T) {
	cluster := faketest.New().As("system:serviceaccount:lab:dev")
	execute(t, cluster, "run", "train", "--image=localhost/train:1", "--results=10Gi")
	me := provenance.Identity{Name: "system:serviceaccount:lab:dev"}
	created := cluster.Created()
	equal(t, len(created), 2)
	for _, object := range created {
		accessor, err := meta.Accessor(object)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, []string{accessor.GetAnnotations()[provenance.Annotation], accessor.GetLabels()[provenance.Label]}, []string{me.Name, me.Hash()})
		equal(t, len(accessor.GetOwnerReferences()), 0)
		if job, ok := object.(*batchv1.Job); ok {
			equal(t, job.Spec.Template.Labels[provenance.Label], me.Hash())
		}
	}
}

// Usage errors show the usage of the verb and change nothing; other errors do not.
func TestUsageErrors(t *testing.T) {
	const usage = "\n\nUsage:\n  kubectl batch run (NAME --image=IMAGE | -f FILENAME | --from=cronjob/NAME) [-- COMMAND [ARG...]]\n\nRun \"kubectl batch run --help\" for flags and examples.\n"
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"no name":                  {[]string{"run"}, "error: missing argument NAME; use --generate-name to generate a name"},
		"no image":                 {[]string{"run", "train"}, "error: --image is required"},
		"a flag that is not":       {[]string{"run", "train", "--imag=x"}, "error: unknown flag --imag"},
		"--mem":                    {[]string{"run", "train", "--mem=1Gi"}, "error: unknown flag --mem; use --memory"},
		"-it":                      {[]string{"run", "train", "-it"}, "error: unknown flag -it; a job has no terminal to attach to; \"kubectl batch logs NAME -f\" follows its log"},
		"a flag without its value": {[]string{"run", "train", "--image"}, "error: missing value for --image; use --image IMAGE"},
		"a value that is none":     {[]string{"run", "train", "--gpu=two"}, `error: invalid value "two" for --gpu: must be a whole number from 0 to 2147483647`},
	} {
		t.Run(name, func(t *testing.T) {
			equal(t, execute(t, faketest.New(), test.args...), result{Stderr: test.want + usage, Status: 2})
		})
	}
}

func TestWithoutVerb(t *testing.T) {
	if got := execute(t, faketest.New()); got.Status != 0 || !strings.Contains(got.Stdout, "Job Commands:") {
		t.Errorf("kubectl batch alone: %+v", got)
	}
}

func TestUnexpectedArguments(t *testing.T) {
	for line, want := range map[string]string{
		"version x":            `unexpected argument "x"`,
		"options x":            `unexpected argument "x"`,
		"completion bash zsh":  `unexpected argument "zsh"`,
		"completion install x": `unexpected argument "x"`,
	} {
		if got := execute(t, faketest.New(), strings.Fields(line)...); got.Status != 2 || !strings.HasPrefix(got.Stderr, "error: "+want+"\n") {
			t.Errorf("%s: %+v; want a usage error with %q", line, got, want)
		}
	}
}
