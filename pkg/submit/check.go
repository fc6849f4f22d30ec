package submit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// CheckName returns an error for a name that is not a DNS-1123 label. A Job could have a longer name, but its pods have
// the name as a label value and as part of their own name.
func CheckName(name string) error {
	if problems := validation.IsDNS1123Label(name); len(problems) > 0 {
		return fmt.Errorf("invalid job name %q: %s", name, spelling.Rule(problems))
	}
	return nil
}

// checkComplete returns an error for a request whose fields contradict each other.
func (r Request) checkComplete() error {
	base := r.Base
	switch {
	case r.Results.Existing != nil && r.Results.Create != nil:
		return errors.New("invalid request: Results.Existing and Results.Create are mutually exclusive")
	case base.IsNewJob() && len(base.Others) > 0:
		return errors.New("invalid request: Base.Others requires Job, CronJob or Repeat")
	case base.Job != nil && len(base.Job.Spec.Template.Spec.Containers) == 0:
		return errNoContainers
	}
	return nil
}

// CheckMountPaths returns an error if two volumes of the request or of its manifest have the same path. With a base,
// Resolve checks the path of the results claim, because the base can have its own.
func (r Request) CheckMountPaths() error {
	switch {
	case !r.Results.requested():
		return r.checkMountPaths("")
	case r.Base.IsNewJob():
		return r.checkMountPaths(cmp.Or(r.Results.Path, claim.ResultsPath))
	}
	return r.checkMountPaths(r.Results.Path)
}

// checkMountPaths checks the paths of the request together with that of the results claim, "" for none.
func (r Request) checkMountPaths(results string) error {
	used := map[string]string{}
	for _, mount := range r.keptMounts() {
		used[path.Clean(mount.MountPath)] = "volume " + mount.Name + " of the manifest"
	}
	paths := r.Spec.Storage.Paths()
	if results != "" {
		paths = append(paths, [2]string{results, "the results claim"})
	}
	for _, requested := range paths {
		mountPath, volume := requested[0], requested[1]
		if other, ok := used[mountPath]; ok {
			return fmt.Errorf("%s and %s have the same mount path %s; change one of the paths", other, volume, mountPath)
		}
		used[mountPath] = volume
	}
	return nil
}

// keptMounts returns the mounts of the manifest's job, without its results claim if the request replaces that claim.
func (r Request) keptMounts() []corev1.VolumeMount {
	base := r.Base.Job
	if base == nil {
		return nil
	}
	mounts, results := spec.Default(&base.Spec.Template).VolumeMounts, resultsClaimOf(base)
	if results == "" || !r.Results.requested() {
		return mounts
	}
	replaced := map[string]bool{}
	for _, volume := range base.Spec.Template.Spec.Volumes {
		replaced[volume.Name] = volume.PersistentVolumeClaim != nil && volume.PersistentVolumeClaim.ClaimName == results
	}
	return slices.DeleteFunc(slices.Clone(mounts), func(mount corev1.VolumeMount) bool { return replaced[mount.Name] })
}

// CheckWithoutArray returns an error for settings that only an array can have.
func (r Request) CheckWithoutArray() error {
	switch {
	case r.Spec.Lifecycle.RetriesPerTask != nil:
		return errors.New("--retries-per-task requires --array; without an array, use --backoff-limit")
	case r.Spec.Lifecycle.MaxFailedTasks != nil:
		return errors.New("--max-failed-tasks requires --array")
	case r.Results.Shared:
		return errors.New("--results-shared requires --array")
	}
	return nil
}

// requestCheck finds contradictions between the request and its base job.
type requestCheck struct{ *resolution }

func (r requestCheck) mountPaths(context.Context) error {
	return invalid(r.request.checkMountPaths(r.results.mount.Path))
}

// completedJob returns an error for contradictions that only show in the completed job.
func (r requestCheck) completedJob(context.Context) error {
	job, lifecycle := r.plan.Job, r.spec.Lifecycle
	tasks := claim.Tasks(job)
	if (lifecycle.RetryOn != nil || lifecycle.FailOn != nil) && job.Spec.Template.Spec.RestartPolicy != corev1.RestartPolicyNever {
		return invalid(errors.New("--retry-on-exit and --fail-on-exit require restartPolicy Never, but this job restarts its containers in place"))
	}
	if err := r.checkTasks(tasks); err != nil {
		return invalid(err)
	}
	if r.request.Results.Path != "" && r.spec.Storage.Results == "" {
		return invalid(errors.New("--results-path requires --results: the job has no results claim"))
	}
	if err := spec.CheckResources(spec.Default(&job.Spec.Template).Resources); err != nil {
		return invalid(err)
	}
	if last := fmt.Sprintf("%s-%d", job.Name, tasks-1); tasks > 0 && len(last) > validation.DNS1123LabelMaxLength {
		return invalid(fmt.Errorf("job name %q is too long for an array: the name of its last pod, %s, exceeds %d characters", job.Name, last, validation.DNS1123LabelMaxLength))
	}
	return nil
}

// checkTasks returns an error for settings that contradict the number of tasks; 0 is no array.
func (r requestCheck) checkTasks(tasks int) error {
	l := r.spec.Lifecycle
	switch {
	case tasks == 0:
		return r.request.CheckWithoutArray()
	case l.Array == nil && l.Completions != nil:
		return fmt.Errorf("--completions cannot be used with an array; use --array=%d to set the number of tasks", *l.Completions)
	case l.MaxFailedTasks != nil && int(*l.MaxFailedTasks) > tasks:
		return fmt.Errorf("invalid value \"%d\" for --max-failed-tasks: must be at most %d, the number of tasks", *l.MaxFailedTasks, tasks)
	}
	return nil
}
