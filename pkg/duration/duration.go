// Package duration reads every duration that a person can type at this plugin,
// and writes them as kubectl does.
package duration

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Forms is how the accepted forms are described in messages and help.
const Forms = "such as 90m, 2h30m, 3d, 1d12h, 1-12:00:00 or 12:00:00"

// Parse reads Go's form (90m, 2h30m), the same with days (3d, 1d12h), and
// Slurm's D-HH:MM:SS and HH:MM:SS. A bare number and M:S mean minutes to one
// person and seconds or hours to the next: they are refused with the readings.
// Negative durations and those above 292 years are refused.
func Parse(text string) (time.Duration, error) {
	switch {
	case bare.MatchString(text):
		return 0, fmt.Errorf("could mean seconds or minutes; use %ss or %sm", text, text)
	case pair.MatchString(text):
		first, second, _ := strings.Cut(text, ":")
		return 0, fmt.Errorf("could mean hours and minutes or minutes and seconds; use %sh%sm or %sm%ss", first, second, first, second)
	case slurm.MatchString(text):
		return parseSlurm(text)
	}
	return parseDays(text)
}

var (
	bare  = regexp.MustCompile(`^\d+$`)
	pair  = regexp.MustCompile(`^\d+:\d+$`)
	slurm = regexp.MustCompile(`^(?:(\d+)-)?(\d+):(\d\d):(\d\d)$`)
	days  = regexp.MustCompile(`^(\d+)d(.*)$`)
)

func parseSlurm(text string) (time.Duration, error) {
	part := slurm.FindStringSubmatch(text)
	total := time.Duration(0)
	for i, unit := range []time.Duration{day, time.Hour, time.Minute, time.Second} {
		more, ok := times(part[i+1], unit)
		if !ok || total > math.MaxInt64-more {
			return 0, errTooLong
		}
		total += more
	}
	if minutes, seconds := part[3], part[4]; minutes > "59" || seconds > "59" {
		return 0, errors.New("minutes and seconds must be below 60")
	}
	return total, nil
}

func parseDays(text string) (time.Duration, error) {
	total, rest := time.Duration(0), text
	if part := days.FindStringSubmatch(text); part != nil {
		var ok bool
		if total, ok = times(part[1], day); !ok {
			return 0, errTooLong
		}
		if rest = part[2]; rest == "" {
			return total, nil
		}
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 || strings.HasPrefix(rest, "+") {
		return 0, errors.New("must be a duration " + Forms)
	}
	if total > math.MaxInt64-more {
		return 0, errTooLong
	}
	return total + more, nil
}

// times returns digits units, no digits being 0; false where that is too long.
func times(digits string, unit time.Duration) (time.Duration, bool) {
	if digits == "" {
		return 0, true
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > math.MaxInt64/int64(unit) {
		return 0, false
	}
	return time.Duration(n * int64(unit)), true
}

var errTooLong = errors.New("must be shorter than 292 years")
