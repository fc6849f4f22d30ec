package fetch

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
)

// taskRange is tasks of an array, both ends included.
type taskRange struct{ first, last int }

// parseTasks reads --task: numbers and ranges, such as 0,3-5.
func (o *Options) parseTasks(text string) error {
	if text == "" {
		return nil
	}
	if o.claim != "" {
		return exit.Usagef("--task=%s requires a job: the directories of tasks are unknown for a claim; use the directory as PATH", text)
	}
	for part := range strings.SplitSeq(text, ",") {
		low, high, ranged := strings.Cut(part, "-")
		first, err := taskNumber(low)
		last := first
		if ranged && err == nil {
			last, err = taskNumber(high)
		}
		if err != nil || last < first {
			return exit.Usagef("invalid value %q for --task: %q must be a number or range of tasks, such as 0,3-5", text, part)
		}
		o.tasks = append(o.tasks, taskRange{first, last})
	}
	return nil
}

// taskNumber reads digits only; Kubernetes ends at 32 bits.
func taskNumber(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err == nil && (n < 0 || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-")) {
		err = strconv.ErrSyntax
	}
	return int(n), err
}

// taskNumbers returns the tasks of one that were asked for, each once; nil where
// all were.
func (o *Options) taskNumbers(one *batchv1.Job) ([]int, error) {
	count := claim.Tasks(one)
	var numbers []int
	for _, r := range o.tasks {
		if count == 0 {
			return nil, exit.Usagef("--task=%s: job %q is not an array job (its completionMode is not Indexed)", r, one.Name)
		}
		if r.last >= count {
			return nil, exit.Usagef("--task=%s: the tasks of job %q are 0-%d", r, one.Name, count-1)
		}
		for n := r.first; n <= r.last; n++ {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}

// String is the range as it is typed.
func (r taskRange) String() string {
	if r.first == r.last {
		return strconv.Itoa(r.first)
	}
	return fmt.Sprintf("%d-%d", r.first, r.last)
}

// perTask turns the paths of an array, which are as each task saw them, into
// paths on the volume: TASK/PATH, TASK being the task's folder there. It returns
// which task each of them is of; nil where that does not matter.
func (o *Options) perTask(one *batchv1.Job, choice *claim.Choice) (map[string]int, error) {
	numbers, err := o.taskNumbers(one)
	if err != nil || numbers == nil && (!choice.Varies || choice.All) {
		return nil, err
	}
	if !choice.Varies {
		return nil, exit.Usagef("--task=%s: all tasks of job %q write to %s; use PATH to select files", o.tasks[0], one.Name, choice.Path)
	}
	if _, known := choice.TaskFolder(0); !known || claim.Tasks(one) == 0 {
		return nil, fmt.Errorf("job %q: each pod has its own directory on claim %s; use PATH / to fetch all of them, or run \"%s\" to fetch one",
			one.Name, choice.Claim, o.factory.Line("fetch", "pvc/"+choice.Claim, "PATH"))
	}
	if numbers == nil {
		for n := range claim.Tasks(one) {
			numbers = append(numbers, n)
		}
	}
	asked := choice.Paths
	choice.Paths, choice.All = nil, false
	tasks := map[string]int{}
	for _, n := range numbers {
		folder, _ := choice.TaskFolder(n)
		for _, p := range asked {
			full := path.Join(folder, p)
			choice.Paths, tasks[full] = append(choice.Paths, full), n
		}
	}
	return tasks, nil
}

// lacking is told that the volume has no such paths. Of the paths of tasks it
// returns those that are there, where some are: a task may not have written what
// others did, and that is said.
func (o *Options) lacking(from *found, asked, missing []string) ([]string, bool) {
	if from.tasks == nil {
		return nil, false
	}
	there := slices.DeleteFunc(slices.Clone(asked), func(p string) bool { return slices.Contains(missing, p) })
	if len(there) == 0 || len(there) == len(asked) {
		return nil, false
	}
	numbers := make([]int, 0, len(missing))
	for _, p := range missing {
		numbers = append(numbers, from.tasks[p])
	}
	slices.Sort(numbers)
	o.factory.Say("Note: some tasks do not have all requested paths: " + listOf(slices.Compact(numbers)))
	return there, true
}

// listOf names tasks, those in a row as a range.
func listOf(numbers []int) string {
	var ranges []string
	for i := 0; i < len(numbers); {
		r := taskRange{numbers[i], numbers[i]}
		for i++; i < len(numbers) && numbers[i] == r.last+1; i++ {
			r.last++
		}
		ranges = append(ranges, r.String())
	}
	text := "task "
	if len(numbers) > 1 {
		text = "tasks "
	}
	const most = 10
	if more := len(ranges) - most; more > 0 {
		ranges = append(ranges[:most], fmt.Sprintf("and %d more", more))
	}
	return text + strings.Join(ranges, ", ")
}
