package helperflags_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/helperflags"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

// parse parses the default flags, which change modifies. environment is the value of factory.HelperImageVariable; "" if it
// is not set.
func parse(environment string, change func(*helperflags.Flags)) (results.Helper, error) {
	flags := &helperflags.Flags{}
	flags.AddTo(pflag.NewFlagSet("", pflag.ContinueOnError))
	change(flags)
	return flags.Parse(&factory.Factory{LookupEnv: func(name string) (string, bool) {
		return environment, name == factory.HelperImageVariable && environment != ""
	}})
}

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		flag, environment, want string
	}{
		"default":                         {"", "", helper.DefaultImage},
		"the variable":                    {"", "mirror.example/busybox", "mirror.example/busybox"},
		"the flag overrides the variable": {"mine", "mirror.example/busybox", "mine"},
	} {
		got, err := parse(test.environment, func(f *helperflags.Flags) { f.Image = test.flag })
		if err != nil || got.Image != test.want || got.Chosen != (test.flag != "") {
			t.Errorf("%s: %s, %v; want %s", name, got.Image, err, test.want)
		}
	}
	for want, change := range map[string]func(*helperflags.Flags){
		`invalid value "0" for --helper-cpu`:     func(f *helperflags.Flags) { f.CPU = "0" },
		`invalid value "1x" for --helper-memory`: func(f *helperflags.Flags) { f.Memory = "1x" },
	} {
		if _, err := parse("", change); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want %q", err, want)
		}
	}
}

func TestHelpStatesIdleTimeOfAgent(t *testing.T) {
	flags := pflag.NewFlagSet("fetch", pflag.ContinueOnError)
	new(helperflags.Flags).AddTo(flags)
	idle := fmt.Sprintf("%.0f minutes", server.DefaultIdle.Minutes())
	if usage := flags.Lookup("keep-helper").Usage; !strings.Contains(usage, idle) {
		t.Errorf("%q does not contain %q", usage, idle)
	}
}
