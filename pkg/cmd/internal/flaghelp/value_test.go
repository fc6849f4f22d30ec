package flaghelp_test

import (
	"testing"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flaghelp"
)

func TestSyntaxAndUsage(t *testing.T) {
	for name, test := range map[string]struct {
		declare       func(*pflag.FlagSet)
		syntax, usage string
	}{
		"boolean":             {func(f *pflag.FlagSet) { f.Bool("wait", false, "Wait") }, "--wait", "Wait"},
		"boolean that is on":  {func(f *pflag.FlagSet) { f.Bool("color", true, "Colors.") }, "--color", "Colors (default: true)"},
		"named value":         {func(f *pflag.FlagSet) { f.StringArray("env", nil, "Variable as `KEY=VALUE`") }, "--env KEY=VALUE", "Variable as KEY=VALUE"},
		"value without name":  {func(f *pflag.FlagSet) { f.String("storage-class", "", "Class") }, "--storage-class CLASS", "Class"},
		"default":             {func(f *pflag.FlagSet) { f.Int("retries", 5, "Number of retries") }, "--retries RETRIES", "Number of retries (default: 5)"},
		"default in the text": {func(f *pflag.FlagSet) { f.String("dir", "x", "Directory (default: ./JOB)") }, "--dir DIR", "Directory (default: ./JOB)"},
		"optional value": {func(f *pflag.FlagSet) {
			f.String("fail-fast", "", "Stop after `DURATION`")
			f.Lookup("fail-fast").NoOptDefVal = "1m"
		}, "--fail-fast[=DURATION]", "Stop after DURATION"},
	} {
		t.Run(name, func(t *testing.T) {
			flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
			flaghelp.AddSection(flags, "Heading", test.declare)
			flags.VisitAll(flaghelp.NameValue)
			flags.VisitAll(func(flag *pflag.Flag) {
				if got := flaghelp.Syntax(flag); got != test.syntax {
					t.Errorf("syntax %q, want %q", got, test.syntax)
				}
				if got := flaghelp.Usage(flag); got != test.usage {
					t.Errorf("usage %q, want %q", got, test.usage)
				}
				if got := flaghelp.Heading(flag); got != "Heading" {
					t.Errorf("heading %q", got)
				}
			})
		})
	}
}
