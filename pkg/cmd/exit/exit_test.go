package exit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

func TestStatus(t *testing.T) {
	sorry := errors.New("sorry")
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"done":                    {nil, exit.Done},
		"failed":                  {sorry, exit.Failed},
		"usage":                   {exit.Usagef("no %s", "NAME"), exit.Usage},
		"usage, wrapped":          {fmt.Errorf("more: %w", exit.Usagef("no NAME")), exit.Usage},
		"the first status stays":  {exit.With(exit.Tool, exit.With(exit.Usage, sorry)), exit.Usage},
		"joined":                  {errors.Join(sorry, exit.With(exit.Timeout, sorry)), exit.Timeout},
		"interrupted":             {fmt.Errorf("listing: %w", context.Canceled), exit.Interrupted},
		"too late":                {fmt.Errorf("listing: %w", context.DeadlineExceeded), exit.Failed},
		"interrupted, of a wait":  {exit.With(exit.Tool, context.Canceled), exit.Tool},
		"of the job":              {exit.Silently(7), 7},
		"of a job that is done":   {exit.Silently(0), exit.Done},
		"with a status, but none": {exit.With(exit.Tool, nil), exit.Done},
	} {
		t.Run(name, func(t *testing.T) {
			if got := exit.Status(test.err); got != test.want {
				t.Errorf("%d; want %d", got, test.want)
			}
		})
	}
}

func TestError(t *testing.T) {
	sorry := errors.New("sorry")
	if err := exit.With(exit.Tool, sorry); err.Error() != "sorry" || !errors.Is(err, sorry) {
		t.Errorf("%v is not the error that was given", err)
	}
	if err := exit.Silently(7); err.Error() != "exit status 7" {
		t.Errorf("%v", err)
	}
}
