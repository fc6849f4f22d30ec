package flagvalue_test

import (
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
)

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestErrorsNameFlagAndValue(t *testing.T) {
	zero := func(_ time.Duration, err error) error { return err }
	for want, err := range map[string]error{
		`invalid value "yes" for --dry-run: must be none, client or server`:              flagvalue.CheckDryRun("yes"),
		`invalid value "yaml" for -o: must be json`:                                      flagvalue.CheckFormat("yaml", "json"),
		`invalid value "yaml" for -o: must be name or json`:                              flagvalue.CheckFormat("yaml", "name", "json"),
		`invalid value "0" for --timeout: must be longer than 0, such as 30s or 5m`:      zero(flagvalue.ParseTimeLimit("--timeout", "0")),
		`invalid value "0s" for --timeout: must be longer than 0, such as 30s or 5m`:     zero(flagvalue.ParseTimeLimit("--timeout", "0s")),
		`invalid value "5" for --fail-fast: could mean seconds or minutes; use 5s or 5m`: zero(flagvalue.ParseTimeLimit("--fail-fast", "5")),
		`invalid value "5" for --timeout: could mean seconds or minutes; use 5s or 5m`:   zero(flagvalue.ParseTimeLimit("--timeout", "5")),
	} {
		if text(err) != want {
			t.Errorf("%v; want %s", err, want)
		}
	}
}

func TestAcceptedValues(t *testing.T) {
	for _, value := range flagvalue.DryRuns() {
		if err := flagvalue.CheckDryRun(value); err != nil {
			t.Error(err)
		}
	}
	for _, value := range []string{"", "name", "json"} {
		if err := flagvalue.CheckFormat(value, "name", "json"); err != nil {
			t.Error(err)
		}
	}
	for value, want := range map[string]time.Duration{"": 0, "90m": 90 * time.Minute} {
		if got, err := flagvalue.ParseTimeLimit("--timeout", value); got != want || err != nil {
			t.Errorf("%q: %s, %v", value, got, err)
		}
	}
}

func TestDryRunWithoutValueIsClient(t *testing.T) {
	for want, args := range map[string][]string{"none": nil, "client": {"--dry-run"}, "server": {"--dry-run=server"}} {
		flags, value := pflag.NewFlagSet("run", pflag.ContinueOnError), ""
		flagvalue.AddDryRun(flags, &value, "")
		if err := flags.Parse(args); err != nil || value != want {
			t.Errorf("%q: %q, %v", args, value, err)
		}
	}
}
