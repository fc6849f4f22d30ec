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
	if tasks == 0 {
		if err := withoutArray(r); err != nil {
			return err
		}
	}
	if (l.RetryOn != nil || l.FailOn != nil) && job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		return errors.New("--retry-on-exit and --fail-on-exit need restartPolicy: Never, and this job restarts its containers in place")
	}
	if err := r.checkThen(); err != nil {
		return err
	}
	if last := fmt.Sprintf("%s-%d", job.Name, tasks-1); tasks > 0 && len(last) > validation.DNS1123LabelMaxLength {
		return fmt.Errorf("%q is too long for the name of an array: its last pod is called %s, and %d characters are the limit", job.Name, last, validation.DNS1123LabelMaxLength)
	}
	return nil
}

func (r *Request) checkThen() error {
	switch results := r.spec.Storage.Results != ""; {
	case r.then.fetch && !results:
		return errors.New("--fetch goes with --results: what this job writes ends with its container")
	case r.then.remove && results && !r.then.fetch:
		return errors.New("--rm with --results needs --fetch: the results would stay behind on a volume whose job is gone")
	}
	return nil
}

// idle reports whether all that a job does is to keep its pod there.
func idle(job *batchv1.Job) bool {
	container := spec.Default(&job.Spec.Template)
	line := strings.Join(append(append([]string{}, container.Command...), container.Args...), " ")
	return strings.HasSuffix(strings.TrimSpace(line), "sleep infinity") || strings.HasSuffix(strings.TrimSpace(line), "tail -f /dev/null")
}
