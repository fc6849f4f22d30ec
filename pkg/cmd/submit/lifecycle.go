package submit

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// lifecycleFlags are how long and how often.
type lifecycleFlags struct {
	TTL, Time, Deadline      string
	BackoffLimit             *int32
	Array                    string
	RetriesPerTask           *int32
	MaxFailed                *int32
	Completions, Parallelism *int32
	RetryOn, FailOn          string
	Suspend                  bool
	Queue, PriorityClass     string
}

func (o *lifecycleFlags) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&o.TTL, "ttl", "", "Delete the job, but never its results volume, this long after it finished, such as 24h or 7d")
	flags.StringVar(&o.Time, "time", "", "Longest time of each attempt, from its start on a node ("+duration.Forms+")")
	flags.StringVar(&o.Deadline, "deadline", "", "Longest time of the whole job, queueing and retries included; then also what has not started is stopped, and pods and their logs are deleted")
	numberVar(flags, &o.BackoffLimit, "backoff-limit", 0, "How often a failed pod is replaced before the job has failed (default: 0, or as in what is repeated)")
	flags.StringVar(&o.Array, "array", "", "Many tasks, numbered from 0 in $JOB_COMPLETION_INDEX, as 0-99 or 100; 100%10 has ten at once. They are independent: one that fails ends no other")
	numberVar(flags, &o.RetriesPerTask, "retries-per-task", 0, "How often a failed task of an array is tried again (default: 0, or as in what is repeated)")
	numberVar(flags, &o.MaxFailed, "max-failed-tasks", 0, "Stop an array when more tasks than this have failed (default: never, or as in what is repeated)")
	numberVar(flags, &o.Completions, "completions", 1, "Pods that must succeed, for a queue of work (default: 1, or as in what is repeated; arrays: --array)")
	numberVar(flags, &o.Parallelism, "parallelism", 0, "Pods at the same time, for a queue of work (default: 1, or as in what is repeated; arrays: --array)")
	flags.StringVar(&o.RetryOn, "retry-on-exit", "", "Only these exit statuses are tried again, such as 75,137, up to --backoff-limit or --retries-per-task, 3 by itself; all others fail at once")
	flags.StringVar(&o.FailOn, "fail-on-exit", "", "These exit statuses fail at once, such as 1-2; others are tried again as with --retry-on-exit")
	flags.BoolVar(&o.Suspend, "suspend", false, "Make the job, but start nothing: kubectl patch job NAME -p '{\"spec\":{\"suspend\":false}}' does")
	flags.StringVar(&o.Queue, "queue", "", "Kueue's queue that admits the job")
	flags.StringVar(&o.PriorityClass, "priority-class", "", "Priority class of the pods")
}

func (o *lifecycleFlags) parse(r *Request) error {
	for _, parse := range []func(*spec.Lifecycle) error{o.parseTimes, o.parseArray, o.parseCodes} {
		if err := parse(&r.spec.Lifecycle); err != nil {
			return err
		}
	}
	l := &r.spec.Lifecycle
	l.BackoffLimit, l.Completions, l.Parallelism, l.Suspend = o.BackoffLimit, o.Completions, o.Parallelism, o.Suspend
	l.RetriesPerTask, l.MaxFailedTasks = o.RetriesPerTask, o.MaxFailed
	if r.base.none() && l.Array == nil {
		if err := withoutArray(r); err != nil {
			return err
		}
	}
	if l.Queue = o.Queue; o.Queue != "" {
		if problems := validation.IsDNS1123Subdomain(o.Queue); len(problems) > 0 || len(o.Queue) > validation.LabelValueMaxLength {
			return fmt.Errorf("--queue=%q: this is not the name of a queue", o.Queue)
		}
	}
	if l.PriorityClass = o.PriorityClass; o.PriorityClass == "" {
		return nil
	}
	return r.names("--priority-class", priorityKind, o.PriorityClass)
}

func (o *lifecycleFlags) parseTimes(l *spec.Lifecycle) error {
	for _, one := range []struct {
		flag, text string
		to         **int64
	}{{"--time", o.Time, &l.Time}, {"--deadline", o.Deadline, &l.Deadline}} {
		if one.text == "" {
			continue
		}
		seconds, err := parseSeconds(one.flag, one.text, time.Second)
		if err != nil {
			return err
		}
		*one.to = &seconds
	}
	if l.Time != nil && l.Deadline != nil && *l.Time > *l.Deadline {
		return fmt.Errorf("--time=%s is longer than --deadline=%s, the limit of the whole job", o.Time, o.Deadline)
	}
	if o.TTL == "" {
		return nil
	}
	seconds, err := parseSeconds("--ttl", o.TTL, 0)
	short := int32(seconds)
	l.TTL = &short
	return err
}

func (o *lifecycleFlags) parseArray(l *spec.Lifecycle) error {
	switch {
	case o.Array == "":
		return nil
	case o.Completions != nil:
		return fmt.Errorf("--array=%s and --completions=%d exclude each other: the array says how many tasks there are", o.Array, *o.Completions)
	case o.Parallelism != nil:
		return fmt.Errorf("--array=%s and --parallelism=%d exclude each other: --array %s%%%d has that many tasks at once", o.Array, *o.Parallelism, o.Array, *o.Parallelism)
	}
	array, err := spec.ParseArray(o.Array)
	if err != nil {
		return fmt.Errorf("--array: %w", err)
	}
	l.Array = array
	return nil
}

// withoutArray refuses what only an array can have.
func withoutArray(r *Request) error {
	switch {
	case r.spec.Lifecycle.RetriesPerTask != nil:
		return errors.New("--retries-per-task goes with --array; of other jobs --backoff-limit says how often a pod is replaced")
	case r.spec.Lifecycle.MaxFailedTasks != nil:
		return errors.New("--max-failed-tasks goes with --array")
	case r.results.shared:
		return errors.New("--results-shared goes with --array")
	}
	return nil
}

func (o *lifecycleFlags) parseCodes(l *spec.Lifecycle) error {
	for _, one := range []struct {
		flag, text string
		to         *[]int32
	}{{"--retry-on-exit", o.RetryOn, &l.RetryOn}, {"--fail-on-exit", o.FailOn, &l.FailOn}} {
		if one.text == "" {
			continue
		}
		codes, err := spec.ParseCodes(one.text)
		if err != nil {
			return fmt.Errorf("%s: %w", one.flag, err)
		}
		*one.to = codes
	}
	for _, code := range l.FailOn {
		if slices.Contains(l.RetryOn, code) {
			return fmt.Errorf("--retry-on-exit=%s and --fail-on-exit=%s both have %d", o.RetryOn, o.FailOn, code)
		}
	}
	return nil
}
