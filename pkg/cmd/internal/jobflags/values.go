package jobflags

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
)

// parseSeconds parses a duration of whole seconds that fits the API.
func parseSeconds(flag, text string, minimum time.Duration) (int64, error) {
	length, err := duration.Parse(text)
	switch {
	case err != nil:
		return 0, fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	case length%time.Second != 0:
		return 0, fmt.Errorf("invalid value %q for %s: must be a whole number of seconds", text, flag)
	case length < minimum:
		return 0, fmt.Errorf("invalid value %q for %s: must be at least %s", text, flag, minimum)
	case length.Seconds() > math.MaxInt32:
		return 0, fmt.Errorf("invalid value %q for %s: must be at most 68 years", text, flag)
	}
	return int64(length / time.Second), nil
}

func parseMountPath(flag, text, path string) (string, error) {
	clean, err := claim.MountPath(path)
	if err == nil && strings.Contains(clean, ":") {
		err = fmt.Errorf("mount path %q contains a colon", path)
	}
	if err != nil {
		return "", fmt.Errorf("invalid value %q for %s: %w", text, flag, err)
	}
	return clean, nil
}
