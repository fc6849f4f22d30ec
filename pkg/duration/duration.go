// Package duration parses the durations on the command line
// and formats durations as kubectl does.
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
// Slurm's D-HH:MM:SS and HH:MM:SS. It refuses a bare number and M:S, because their units are ambiguous;
// the error lists the possible meanings.
// It refuses negative durations and those above 292 years.
func Parse(text string) (time.Duration, error) {
	switch {
	case bare.MatchString(text):
		return 0, fmt.Errorf("could mean seconds or minutes; use %ss or %sm", text, text)
	case pair.MatchString(text):
		hours, minutes, _ := strings.Cut(text, ":")
		return 0, fmt.Errorf("could mean hours and minutes or minutes and seconds; use %sh%sm or %sm%ss", hours, minutes, hours, minutes)
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
	fields := slurm.FindStringSubmatch(text)
	total := time.Duration(0)
	for i, unit := range []time.Duration{day, time.Hour, time.Minute, time.Second} {
		part, ok := times(fields[i+1], unit)
		if !ok || total > math.MaxInt64-part {
			return 0, errTooLong
		}
		total += part
	}
	if minutes, seconds := fields[3], fields[4]; minutes > "59" || seconds > "59" {
		return 0, errors.New("minutes and seconds must be below 60")
	}
	return total, nil
}

func parseDays(text string) (time.Duration, error) {
	total, rest := time.Duration(0), text
	if fields := days.FindStringSubmatch(text); fields != nil {
		var ok bool
		if total, ok = times(fields[1], day); !ok {
			return 0, errTooLong
		}
		if rest = fields[2]; rest == "" {
			return total, nil
		}
	}
	remainder, err := time.ParseDuration(rest)
	if err != nil || remainder < 0 || strings.HasPrefix(rest, "+") {
		return 0, errors.New("must be a duration " + Forms)
	}
	if total > math.MaxInt64-remainder {
		return 0, errTooLong
	}
	return total + remainder, nil
}

// times returns digits times unit, 0 for no digits; false if it exceeds 292 years.
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
