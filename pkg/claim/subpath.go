package claim

import (
	"path"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// taskMark represents the number of a task: no path contains it.
const taskMark = "\x00"

// MountsIn returns MountsOf for the pods of job as the cluster creates them: the pods of an
// Indexed Job get their number in a variable.
func MountsIn(job *batchv1.Job) []Mounted {
	spec := job.Spec.Template.Spec
	if Tasks(job) == 0 {
		return MountsOf(spec)
	}
	spec.Containers, spec.InitContainers = withIndex(spec.Containers), withIndex(spec.InitContainers)
	return MountsOf(spec)
}

// withIndex returns containers with the variable that Kubernetes adds to them.
func withIndex(containers []corev1.Container) []corev1.Container {
	containers = slices.Clone(containers)
	for i := range containers {
		named := func(e corev1.EnvVar) bool { return e.Name == indexVariable }
		if c := &containers[i]; !slices.ContainsFunc(c.Env, named) {
			c.Env = append(slices.Clone(c.Env), corev1.EnvVar{Name: indexVariable, ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['" + batchv1.JobCompletionIndexAnnotation + "']"},
			}})
		}
	}
	return containers
}

// indexVariable is the variable that Kubernetes adds to the containers of Indexed Jobs that
// do not have it.
const indexVariable = "JOB_COMPLETION_INDEX"

// PerTask returns the subPathExpr that gives each task of an Indexed Job its own directory
// below subPath, named by its number.
func PerTask(subPath string) string {
	return path.Join(strings.ReplaceAll(subPath, "$", "$$"), "$("+indexVariable+")")
}

// Tasks returns the number of tasks of an Indexed Job; 0 for any other job.
func Tasks(job *batchv1.Job) int {
	if mode := job.Spec.CompletionMode; mode == nil || *mode != batchv1.IndexedCompletion || job.Spec.Completions == nil {
		return 0
	}
	return int(*job.Spec.Completions)
}

// TaskFolder returns the directory of a task of an Indexed Job, relative to SubPath
// and clean; false if the sub-path does not vary, or not only with the number of the task.
func (m Mounted) TaskFolder(task int) (string, bool) {
	return path.Clean(strings.ReplaceAll(m.TaskPath, taskMark, strconv.Itoa(task))), m.TaskPath != ""
}
