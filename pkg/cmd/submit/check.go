package submit

import (
	"errors"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// checkMade refuses what only shows on the whole job.
func (r *Request) checkMade(job *batchv1.Job) error {
	l := r.spec.Lifecycle
	tasks := claim.Tasks(job)
	if (l.RetryOn != nil || l.FailOn != nil) && job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		return errors.New("--retry-on-exit and --fail-on-exit require restartPolicy Never, but this job restarts its containers in place")
	}
	for _, err := range []error{r.checkTasks(tasks), r.checkThen(), checkResources(spec.Default(&job.Spec.Template).Resources)} {
		if err != nil {
			return err
		}
	}
	if last := fmt.Sprintf("%s-%d", job.Name, tasks-1); tasks > 0 && len(last) > validation.DNS1123LabelMaxLength {
		return fmt.Errorf("job name %q is too long for an array: the name of its last pod, %s, exceeds %d characters", job.Name, last, validation.DNS1123LabelMaxLength)
	}
	return nil
}

// checkTasks refuses what does not go with that many tasks; 0 is no array.
func (r *Request) checkTasks(tasks int) error {
	l := r.spec.Lifecycle
	switch {
	case tasks == 0:
		return withoutArray(r)
	case l.Array == nil && l.Completions != nil:
		return fmt.Errorf("--completions cannot be used with an array; use --array=%d to set the number of tasks", *l.Completions)
	case l.MaxFailedTasks != nil && int(*l.MaxFailedTasks) > tasks:
		return fmt.Errorf("invalid value \"%d\" for --max-failed-tasks: must be at most %d, the number of tasks", *l.MaxFailedTasks, tasks)
	}
	return nil
}

func (r *Request) checkThen() error {
	switch results := r.spec.Storage.Results != ""; {
	case r.results.placed && !results:
		return errors.New("--results-path requires --results: the job has no results claim")
	case r.then.fetch && !results:
		return errors.New("--fetch requires --results: files written by this job are lost when its container ends")
	case r.then.remove && results && !r.then.fetch:
		return errors.New("--rm with --results requires --fetch: otherwise the results claim remains without its job")
	}
	if !r.then.fetch {
		return nil
	}
	dir := r.then.dir
	if dir == "" {
		dir = r.spec.Name
	}
	if err := canReceive(dir); err != nil {
		return fmt.Errorf("--fetch -d %s: %w", dir, err)
	}
	return nil
}

// idle reports whether all that a job does is to keep its pod there.
func idle(job *batchv1.Job) bool {
	container := spec.Default(&job.Spec.Template)
	line := strings.Join(append(append([]string{}, container.Command...), container.Args...), " ")
	return strings.HasSuffix(strings.TrimSpace(line), "sleep infinity") || strings.HasSuffix(strings.TrimSpace(line), "tail -f /dev/null")
}
