package outcome

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
)

// failFast is how long --fail-fast waits by itself: a mistake such as an image name
// with a typo is certain by then, and a registry that was away for a moment is not one.
const failFast = "1m"

// AddFailFast declares --fail-fast.
func AddFailFast(flags *pflag.FlagSet, to *string) {
	flags.StringVar(to, "fail-fast", "", "Stop waiting, with exit status 125, if for `DURATION` (default "+failFast+") a job cannot run for a reason that waiting does not resolve, such as a missing image; the job is not cancelled")
	flags.Lookup("fail-fast").NoOptDefVal = failFast
}

// ParseTime reads how long a flag says to wait; 0 where it says nothing.
func ParseTime(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	length, err := duration.Parse(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	case length == 0:
		return 0, fmt.Errorf("invalid value %q for %s: must be above 0; omit %s to wait without a limit", text, flag, flag)
	}
	return length, nil
}
