package submit

import (
	"errors"
	"fmt"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// checkMade refuses what only shows on the whole job.
func (r *Request) checkMade(job *batchv1.Job) error {
	l := r.spec.Lifecycle
	tasks := volume.Tasks(job)
	if (l.RetryOn != nil || l.FailOn != nil) && job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		return errors.New("--retry-on-exit and --fail-on-exit need restartPolicy: Never, and this job restarts its containers in place")
	}
	for _, err := range []error{r.checkTasks(tasks), r.checkThen(), checkResources(spec.Default(&job.Spec.Template).Resources)} {
		if err != nil {
			return err
		}
	}
	if last := fmt.Sprintf("%s-%d", job.Name, tasks-1); tasks > 0 && len(last) > validation.DNS1123LabelMaxLength {
		return fmt.Errorf("%q is too long for the name of an array: its last pod is called %s, and %d characters are the limit", job.Name, last, validation.DNS1123LabelMaxLength)
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
		return fmt.Errorf("--completions=%d: the job is an array, and --array=%d says how many tasks it has", *l.Completions, *l.Completions)
	case l.MaxFailedTasks != nil && int(*l.MaxFailedTasks) > tasks:
		return fmt.Errorf("--max-failed-tasks=%d: the array has %d tasks", *l.MaxFailedTasks, tasks)
	}
	return nil
}

func (r *Request) checkThen() error {
	switch results := r.spec.Storage.Results != ""; {
	case r.results.placed && !results:
		return errors.New("--results-path requires --results: this job has no results")
	case r.then.fetch && !results:
		return errors.New("--fetch requires --results: files written by this job are lost when its container ends")
	case r.then.remove && results && !r.then.fetch:
		return errors.New("--rm with --results needs --fetch: the results would stay behind on a volume whose job is gone")
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
