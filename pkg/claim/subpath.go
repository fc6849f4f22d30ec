package claim

import (
	"path"
	"slices"
	"strconv"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// taskMark stands for the number of a task: no path has it.
const taskMark = "\x00"

// MountsIn is MountsOf for the pods of job as the cluster makes them: those of an
// Indexed Job are given their number in a variable.
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

// indexVariable is what Kubernetes adds to the containers of Indexed Jobs that
// have no variable of that name.
const indexVariable = "JOB_COMPLETION_INDEX"

// PerTask returns the subPathExpr that gives each task of an Indexed Job a folder
// of its own below subPath, named by its number.
func PerTask(subPath string) string {
	return path.Join(strings.ReplaceAll(subPath, "$", "$$"), "$("+indexVariable+")")
}

// Tasks returns how many tasks an Indexed Job has; 0 for any other.
func Tasks(job *batchv1.Job) int {
	if mode := job.Spec.CompletionMode; mode == nil || *mode != batchv1.IndexedCompletion || job.Spec.Completions == nil {
		return 0
	}
	return int(*job.Spec.Completions)
}

// TaskFolder returns the folder of a task of an Indexed Job, relative to SubPath
// and clean; false where the sub-path varies with something else, or not at all.
func (m Mounted) TaskFolder(task int) (string, bool) {
	return path.Clean(strings.ReplaceAll(m.TaskPath, taskMark, strconv.Itoa(task))), m.TaskPath != ""
}
