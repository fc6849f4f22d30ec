package fetch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// toOptions parses args with default flags that changes modify, without environment variables.
func toOptions(args []string, changes ...func(*Flags)) (*Options, error) {
	flags := &Flags{}
	flags.AddFlags(pflag.NewFlagSet("", pflag.ContinueOnError))
	for _, change := range changes {
		change(flags)
	}
	return flags.ToOptions(&factory.Factory{Client: faketest.New().Typed("-n", "vision"), LookupEnv: func(string) (string, bool) { return "", false }}, args)
}

func TestParseTarget(t *testing.T) {
	type target struct {
		Job, Claim string
		Paths      []string
	}
	for line, want := range map[string]target{
		"train":                         {Job: "train"},
		"job/train /results/a":          {Job: "train", Paths: []string{"/results/a"}},
		"@latest a b":                   {Job: "@latest", Paths: []string{"a", "b"}},
		"pvc/data":                      {Claim: "data"},
		"PVC/data /":                    {Claim: "data", Paths: []string{"/"}},
		"persistentvolumeclaims/my.set": {Claim: "my.set"},
		"train ./models":                {Job: "train", Paths: []string{"./models"}},
		"train ~x":                      {Job: "train", Paths: []string{"~x"}},
		"train . a":                     {Job: "train", Paths: []string{".", "a"}},
	} {
		options, err := toOptions(strings.Fields(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got := target{Job: string(options.request.Job), Claim: options.request.Claim, Paths: append([]string(nil), options.request.Paths...)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", line, diff)
		}
	}
}

// TestParseTargetRefuses: arguments in the style of other commands are usage errors, which name the correct command.
func TestParseTargetRefuses(t *testing.T) {
	const folder = ": it looks like a local directory; to copy to it, run \"kubectl batch fetch -n vision "
	for line, want := range map[string]string{
		"train .":              `"."` + folder + "train -d .",
		"train ..":             `".."` + folder + "train -d ..",
		"train ./":             `"./"` + folder + "train -d ./",
		"train ~":              `"~"` + folder + "train -d ~",
		"train ~/x":            `"~/x"` + folder + "train -d ~/x",
		"train ../x":           `"../x"` + folder + "train -d ../x",
		`train C:\x`:           `"C:\\x"` + folder + `train -d 'C:\x'`,
		`train .\out`:          `".\\out"` + folder + `train -d '.\out'`,
		`train ..\out`:         `"..\\out"` + folder + `train -d '..\out'`,
		`train ~\out`:          `"~\\out"` + folder + `train -d '~\out'`,
		`train \\host\share`:   `"\\\\host\\share"` + folder + `train -d '\\host\share'`,
		"train c:/x":           `"c:/x"` + folder + "train -d c:/x",
		"train /results/a ../": `"../"` + folder + "train /results/a -d ../",
		"pvc/data a .":         `"."` + folder + "pvc/data a -d .",
		"job/train:/results":   "a path must be a separate argument",
		"vision/train":         `"vision" is not a kind of job; to select a namespace, use -n vision`,
		"pvc/":                 `invalid claim name ""`,
		"pvc/Data":             `invalid claim name "Data"`,
		"pvc/data/x":           `invalid claim name "data/x"`,
		"Train":                `invalid argument "Train": a job name must`,
	} {
		_, err := toOptions(strings.Fields(line))
		if exit.Status(err) != exit.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want a usage error with %q", line, err, want)
		}
	}
	if _, err := toOptions([]string{"train", ""}); exit.Status(err) != exit.Usage {
		t.Errorf("an empty path: %v", err)
	}
}

func TestWrongHelperFlagIsUsageError(t *testing.T) {
	if _, err := toOptions([]string{"train"}, func(f *Flags) { f.Helper.CPU = "0" }); exit.Status(err) != exit.Usage {
		t.Errorf("%v", err)
	}
}
