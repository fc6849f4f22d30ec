package results

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

// Tasks are ranges of tasks of an array job; nil for all tasks.
type Tasks []TaskRange

// TaskRange includes both ends.
type TaskRange struct{ First, Last int }

// ParseTasks parses the value of --task: numbers and ranges, such as 0,3-5.
func ParseTasks(text string) (Tasks, error) {
	if text == "" {
		return nil, nil
	}
	var tasks Tasks
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		first, err := parseTask(low)
		last := first
		if isRange && err == nil {
			last, err = parseTask(high)
		}
		if err != nil || last < first {
			return nil, fmt.Errorf("invalid value %q for --task: %q must be a number or range of tasks, such as 0,3-5", text, part)
		}
		tasks = append(tasks, TaskRange{first, last})
	}
	return tasks, nil
}

// parseTask accepts only digits. A task number of Kubernetes has 32 bits.
func parseTask(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err == nil && (n < 0 || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-")) {
		err = strconv.ErrSyntax
	}
	return int(n), err
}

// String returns the range as a user writes it.
func (r TaskRange) String() string {
	if r.First == r.Last {
		return strconv.Itoa(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// numbers returns the selected tasks of an array job, sorted; nil for all tasks.
func (t Tasks) numbers(array *batchv1.Job) ([]int, error) {
	count := claim.Tasks(array)
	var numbers []int
	for _, r := range t {
		if count == 0 {
			return nil, requestErrorf("--task=%s: job %q is not an array job (its completionMode is not Indexed)", r, array.Name)
		}
		if r.Last >= count {
			return nil, requestErrorf("--task=%s: the tasks of job %q are 0-%d", r, array.Name, count-1)
		}
		for n := r.First; n <= r.Last; n++ {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return slices.Compact(numbers), nil
}

// expandPaths replaces the paths of choice, which are as each task of an array job saw them, by paths on the volume:
// DIRECTORY/PATH for the directory of each task. It returns the task of each path, or nil if tasks do not matter.
func (t Tasks) expandPaths(array *batchv1.Job, choice *claim.Choice, commands Commands) (map[string]int, error) {
	numbers, err := t.numbers(array)
	if err != nil || numbers == nil && (!choice.Varies || choice.All) {
		return nil, err
	}
	if !choice.Varies {
		return nil, requestErrorf("--task=%s: all tasks of job %q write to %s; use PATH to select files", t[0], array.Name, choice.Path)
	}
	if _, known := choice.TaskFolder(0); !known || claim.Tasks(array) == 0 {
		return nil, fmt.Errorf("job %q: each pod has its own directory on claim %s; use PATH / to fetch all of them, or run \"%s\" to fetch one",
			array.Name, choice.Claim, commands.Line("fetch", "pvc/"+choice.Claim, "PATH"))
	}
	if numbers == nil {
		for n := range claim.Tasks(array) {
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
			choice.Paths = append(choice.Paths, full)
			tasks[full] = n
		}
	}
	return tasks, nil
}

// existingPaths returns the paths that exist, if paths are those of tasks and only some of them are missing: a task may
// not have written what others have. It reports these tasks. The second value is false if the missing paths are an error.
func (l *resultsLocation) existingPaths(paths, missing []string, out messages) ([]string, bool) {
	if l.tasks == nil {
		return nil, false
	}
	existing := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return slices.Contains(missing, p) })
	if len(existing) == 0 || len(existing) == len(paths) {
		return nil, false
	}
	numbers := make([]int, 0, len(missing))
	for _, p := range missing {
		numbers = append(numbers, l.tasks[p])
	}
	slices.Sort(numbers)
	out.say("Note: some tasks do not have all requested paths: " + describeTasks(slices.Compact(numbers)))
	return existing, true
}

// describeTasks lists tasks; consecutive numbers are a range.
func describeTasks(numbers []int) string {
	var ranges []string
	for i := 0; i < len(numbers); {
		r := TaskRange{numbers[i], numbers[i]}
		for i++; i < len(numbers) && numbers[i] == r.Last+1; i++ {
			r.Last++
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
