package jobflags

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// lifecycleFlags limit time, retries and tasks.
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
	flags.StringVar(&o.TTL, "ttl", "", "Delete the job, but not its results claim, `DURATION` after it finished, such as 24h or 7d")
	flags.StringVar(&o.Time, "time", "", "Time limit of each attempt, from its start on a node (`DURATION` "+duration.Forms+")")
	flags.StringVar(&o.Deadline, "deadline", "", "Time limit of the whole job, a `DURATION` that includes retries and the wait for a node; when it expires, all pods and their logs are deleted")
	flagvalue.AddOptionalNumber(flags, &o.BackoffLimit, "backoff-limit", 0, "`NUMBER` of replacements for failed pods before the job fails (default: 0, or that of the original job)")
	flags.StringVar(&o.Array, "array", "", "Run an array of `TASKS`, such as 100 or 0-99; 100%10 runs 10 at a time; $JOB_COMPLETION_INDEX is the index of the task")
	flagvalue.AddOptionalNumber(flags, &o.RetriesPerTask, "retries-per-task", 0, "`NUMBER` of retries of each failed task of an array (default: 0, or that of the original job)")
	flagvalue.AddOptionalNumber(flags, &o.MaxFailed, "max-failed-tasks", 0, "Stop the array when more than `NUMBER` tasks have failed (default: never, or that of the original job)")
	flagvalue.AddOptionalNumber(flags, &o.Completions, "completions", 1, "`NUMBER` of pods that must succeed, for a work queue (default: 1, or that of the original job; for an array, use --array)")
	flagvalue.AddOptionalNumber(flags, &o.Parallelism, "parallelism", 0, "`NUMBER` of pods that run at the same time, for a work queue (default: 1, or that of the original job; for an array, use --array)")
	flags.StringVar(&o.RetryOn, "retry-on-exit", "", "Retry failed pods only if their exit status is in `STATUSES`, such as 75,137; all other failures end the job, or the task of an array, at once (default limit: 3 retries; see --backoff-limit and --retries-per-task)")
	flags.StringVar(&o.FailOn, "fail-on-exit", "", "End the job, or the task of an array, at once if the exit status of a pod is in `STATUSES`, such as 1-2; without --retry-on-exit, all other failures are retried (default limit: 3 retries; see --backoff-limit and --retries-per-task)")
	flags.BoolVar(&o.Suspend, "suspend", false, "Create the job suspended; to start it: kubectl patch job NAME -p '{\"spec\":{\"suspend\":false}}'")
	flags.StringVar(&o.Queue, "queue", "", "Kueue queue (LocalQueue) that admits the job")
	flags.StringVar(&o.PriorityClass, "priority-class", "", "PriorityClass of the pods")
}

func (o *lifecycleFlags) parse(p *parser) error {
	for _, parse := range []func(*spec.Lifecycle) error{o.parseTimes, o.parseArray, o.parseCodes} {
		if err := parse(&p.job.Spec.Lifecycle); err != nil {
			return err
		}
	}
	l := &p.job.Spec.Lifecycle
	l.BackoffLimit = o.BackoffLimit
	l.Completions = o.Completions
	l.Parallelism = o.Parallelism
	l.Suspend = o.Suspend
	l.RetriesPerTask = o.RetriesPerTask
	l.MaxFailedTasks = o.MaxFailed
	if p.job.Base.IsNewJob() && l.Array == nil {
		if err := p.job.CheckWithoutArray(); err != nil {
			return err
		}
	}
	l.Queue = o.Queue
	if o.Queue != "" {
		if problems := validation.IsDNS1123Subdomain(o.Queue); len(problems) > 0 || len(o.Queue) > validation.LabelValueMaxLength {
			return fmt.Errorf("invalid value %q for --queue: must be the name of a LocalQueue, with at most 63 characters", o.Queue)
		}
	}
	l.PriorityClass = o.PriorityClass
	if o.PriorityClass == "" {
		return nil
	}
	return p.addReference("--priority-class", submit.PriorityClassKind, o.PriorityClass)
}

func (o *lifecycleFlags) parseTimes(l *spec.Lifecycle) error {
	for _, limit := range []struct {
		flag, text string
		seconds    **int64
	}{{"--time", o.Time, &l.Time}, {"--deadline", o.Deadline, &l.Deadline}} {
		if limit.text == "" {
			continue
		}
		seconds, err := parseSeconds(limit.flag, limit.text, time.Second)
		if err != nil {
			return err
		}
		*limit.seconds = &seconds
	}
	if l.Time != nil && l.Deadline != nil && *l.Time > *l.Deadline {
		return fmt.Errorf("--time=%s exceeds --deadline=%s, the time limit of the whole job", o.Time, o.Deadline)
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
	tasks, _, _ := strings.Cut(o.Array, "%")
	switch {
	case o.Array == "":
		return nil
	case o.Completions != nil:
		return errors.New("--array and --completions are mutually exclusive: --array sets the number of tasks")
	case o.Parallelism != nil:
		return fmt.Errorf("--array and --parallelism are mutually exclusive; use --array=%s%%%d to run %s at a time",
			tasks, *o.Parallelism, plural.Count(int(*o.Parallelism), "task"))
	}
	array, err := spec.ParseArray(o.Array)
	if err != nil {
		return fmt.Errorf("invalid value %q for --array: %w", o.Array, err)
	}
	l.Array = array
	return nil
}

func (o *lifecycleFlags) parseCodes(l *spec.Lifecycle) error {
	for _, list := range []struct {
		flag, text string
		codes      *[]int32
	}{{"--retry-on-exit", o.RetryOn, &l.RetryOn}, {"--fail-on-exit", o.FailOn, &l.FailOn}} {
		if list.text == "" {
			continue
		}
		codes, err := spec.ParseCodes(list.text)
		if err != nil {
			return fmt.Errorf("invalid value %q for %s: %w", list.text, list.flag, err)
		}
		*list.codes = codes
	}
	for _, code := range l.FailOn {
		if slices.Contains(l.RetryOn, code) {
			return fmt.Errorf("--retry-on-exit and --fail-on-exit both contain exit status %d", code)
		}
	}
	return nil
}
