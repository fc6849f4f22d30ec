package outcome

import "github.com/spf13/pflag"

// failFast is the default of --fail-fast: a mistake such as a misspelled image name
// is certain by then, and a registry that was briefly unavailable is available again.
const failFast = "1m"

// AddFailFast declares --fail-fast.
func AddFailFast(flags *pflag.FlagSet, value *string) {
	flags.StringVar(value, "fail-fast", "", "Stop waiting, with exit status 125, if for `DURATION` (default "+failFast+") a job cannot run for a reason that waiting does not resolve, such as a missing image; the job is not cancelled")
	flags.Lookup("fail-fast").NoOptDefVal = failFast
}
