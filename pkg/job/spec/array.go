package spec

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
)

// mostTasks is how many an Indexed Job with limits of its own for each task may
// have (maxJobBackoffLimitPerIndex in the API server's validation).
const mostTasks = 100_000

// Array is a job of many tasks, numbered from 0.
type Array struct {
	Tasks int32
	// AtOnce is how many run at the same time; 0 for all.
	AtOnce int32
}

var arrayForm = regexp.MustCompile(`^(?:(\d{1,9})-)?(\d{1,9})(?:%(\d{1,9}))?$`)

// ParseArray reads 0-99, 0-99%10, 100 and 100%10.
func ParseArray(text string) (*Array, error) {
	part := arrayForm.FindStringSubmatch(text)
	switch {
	case part == nil && strings.ContainsAny(text, ",:"):
		return nil, errors.New("tasks are numbered from 0 without gaps; must be a number such as 100 or a range such as 0-99, with %10 for 10 tasks at a time")
	case part == nil:
		return nil, errors.New("must be a number such as 100 or a range such as 0-99, with %10 for 10 tasks at a time")
	case part[1] != "" && number(part[1]) != 0:
		start, end := number(part[1]), number(part[2])
		if end < start {
			return nil, errors.New("the end of the range is before its start")
		}
		return nil, fmt.Errorf("tasks are numbered from 0; use 0-%d, and add %d to the index in the job", end-start, start)
	}
	a := &Array{Tasks: number(part[2]), AtOnce: number(part[3])}
	if part[1] != "" {
		a.Tasks++
	}
	switch {
	case a.Tasks < 1 || a.Tasks > mostTasks:
		return nil, fmt.Errorf("must be 1 to %d tasks", mostTasks)
	case part[3] != "" && a.AtOnce < 1:
		return nil, errors.New("the number after % must be at least 1")
	}
	return a, nil
}

// number reads digits, at most nine; 0 for none.
func number(digits string) int32 {
	n, err := strconv.ParseInt(digits, 10, 32)
	if err != nil {
		return 0
	}
	return int32(n)
}

// Parallelism is how many tasks run at the same time.
func (a *Array) Parallelism() int32 {
	if a.AtOnce > 0 {
		return min(a.AtOnce, a.Tasks)
	}
	return a.Tasks
}

func (a *Array) applyTo(s *batchv1.JobSpec) {
	mode, atOnce := batchv1.IndexedCompletion, a.Parallelism()
	s.CompletionMode = &mode
	s.Completions, s.Parallelism = &a.Tasks, &atOnce
}

// ParseCodes reads exit statuses such as 1,3-5,137; they are sorted, each once.
func ParseCodes(text string) ([]int32, error) {
	chosen := [256]bool{}
	for word := range strings.SplitSeq(text, ",") {
		lower, upper, isRange := strings.Cut(strings.TrimSpace(word), "-")
		if !isRange {
			upper = lower
		}
		start, err := strconv.ParseUint(lower, 10, 8)
		end, err2 := strconv.ParseUint(upper, 10, 8)
		if err != nil || err2 != nil || start < 1 || start > end {
			return nil, fmt.Errorf("invalid exit status %q: must be numbers or ranges from 1 to 255, such as 1,42-44", word)
		}
		for code := start; code <= end; code++ {
			chosen[code] = true
		}
	}
	var codes []int32
	for code, in := range chosen {
		if in {
			codes = append(codes, int32(code))
		}
	}
	return codes, nil
}
