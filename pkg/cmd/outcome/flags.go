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
	flags.StringVar(to, "fail-fast", "", "Stop waiting, with exit status 125, when a job has been kept for this long from running by something that waiting cannot resolve, such as an image that does not exist ("+failFast+" without a value); the job is not cancelled")
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
		return 0, fmt.Errorf("%s: %w", flag, err)
	case length == 0:
		return 0, fmt.Errorf("%s=%s: more than 0 is expected; without %s it waits for ever", flag, text, flag)
	}
	return length, nil
}
