package flagvalue_test

import (
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
)

func TestOptionalBool(t *testing.T) {
	for want, args := range map[string][]string{"": nil, "true": {"--path-style"}, "false": {"--path-style=false"}} {
		flags := pflag.NewFlagSet("fetch", pflag.ContinueOnError)
		var value *bool
		flagvalue.AddOptionalBool(flags, &value, "path-style", "")
		if err := flags.Parse(args); err != nil || (value != nil) != (len(args) > 0) || flags.Lookup("path-style").Value.String() != want {
			t.Errorf("%q: %v, %v", args, value, err)
		}
	}
	flags := pflag.NewFlagSet("fetch", pflag.ContinueOnError)
	flagvalue.AddOptionalBool(flags, new(*bool), "path-style", "")
	if err := flags.Set("path-style", "x"); err == nil || err.Error() != `invalid argument "x" for "--path-style" flag: must be true or false` {
		t.Error(err)
	}
}
