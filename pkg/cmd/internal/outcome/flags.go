package outcome

import "github.com/spf13/pflag"

// failFast is how long --fail-fast waits by itself: a mistake such as an image name
// with a typo is certain by then, and a registry that was away for a moment is not one.
const failFast = "1m"

// AddFailFast declares --fail-fast.
func AddFailFast(flags *pflag.FlagSet, value *string) {
	flags.StringVar(value, "fail-fast", "", "Stop waiting, with exit status 125, if for `DURATION` (default "+failFast+") a job cannot run for a reason that waiting does not resolve, such as a missing image; the job is not cancelled")
	flags.Lookup("fail-fast").NoOptDefVal = failFast
}
