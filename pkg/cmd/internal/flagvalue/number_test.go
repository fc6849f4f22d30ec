package flagvalue_test

import (
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
)

func TestNumber(t *testing.T) {
	flags, value := pflag.NewFlagSet("fetch", pflag.ContinueOnError), 0
	flagvalue.AddNumber(flags, &value, "parallel", 1, 64, "")
	for _, text := range []string{"0", "65", "-1", "x", ""} {
		want := `invalid argument "` + text + `" for "--parallel" flag: must be a number from 1 to 64`
		if err := flags.Set("parallel", text); err == nil || err.Error() != want || value != 0 {
			t.Errorf("%d, %v; want %s", value, err, want)
		}
	}
	for text, want := range map[string]int{"1": 1, "64": 64} {
		if err := flags.Set("parallel", text); err != nil || value != want {
			t.Errorf("%s: %d, %v", text, value, err)
		}
	}
}

func TestOptionalNumber(t *testing.T) {
	flags := pflag.NewFlagSet("run", pflag.ContinueOnError)
	var value *int32
	flagvalue.AddOptionalNumber(flags, &value, "completions", 1, "")
	for _, text := range []string{"0", "2147483648", "x"} {
		want := `invalid argument "` + text + `" for "--completions" flag: must be a whole number from 1 to 2147483647`
		if err := flags.Set("completions", text); err == nil || err.Error() != want || value != nil {
			t.Errorf("%v, %v; want %s", value, err, want)
		}
	}
	if err := flags.Set("completions", "2147483647"); err != nil || value == nil || *value != 2147483647 {
		t.Errorf("%v, %v", value, err)
	}
}
