package volume

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
	spec.Containers = slices.Clone(spec.Containers)
	for i := range spec.Containers {
		named := func(e corev1.EnvVar) bool { return e.Name == indexVariable }
		if c := &spec.Containers[i]; !slices.ContainsFunc(c.Env, named) {
			c.Env = append(slices.Clone(c.Env), corev1.EnvVar{Name: indexVariable, ValueFrom: &corev1.EnvVarSource{
				FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['" + batchv1.JobCompletionIndexAnnotation + "']"},
			}})
		}
	}
	return MountsOf(spec)
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

// valueOf returns what a variable holds in the container; false where that
// depends on the pod in another way than by the number of its task.
func valueOf(e corev1.EnvVar) (string, bool) {
	if e.ValueFrom == nil {
		return e.Value, !strings.Contains(e.Value, "$(")
	}
	ref := e.ValueFrom.FieldRef
	if ref == nil {
		return "", false
	}
	key, ok := strings.CutSuffix(ref.FieldPath, "['"+batchv1.JobCompletionIndexAnnotation+"']")
	return taskMark, ok && (key == "metadata.annotations" || key == "metadata.labels")
}

// expand replaces $(NAME) by the values of env, as Kubernetes does for
// subPathExpr ($$ stands for $). Where one depends on the pod, it returns the
// folder before that part, and in tasks what is below it, where it depends on
// the number of the task alone.
func expand(expression string, env []corev1.EnvVar) (folder, tasks string, varies bool) {
	values := map[string]string{}
	for _, e := range env {
		delete(values, e.Name)
		if value, ok := valueOf(e); ok {
			values[e.Name] = value
		}
	}
	text, known := substitute(expression, values)
	at := strings.Index(text, taskMark)
	switch {
	case known && at < 0:
		return text, "", false
	case at < 0:
		return folderOf(text + "x"), "", true
	}
	folder = folderOf(text[:at] + "x")
	if known {
		tasks = strings.TrimPrefix(strings.TrimPrefix(path.Clean("/"+text), "/"+folder), "/")
	}
	return folder, tasks, true
}

// substitute replaces $(NAME) by values, up to the first that is not known.
func substitute(expression string, values map[string]string) (text string, known bool) {
	var out strings.Builder
	for rest := expression; rest != ""; {
		before, after, found := strings.Cut(rest, "$")
		out.WriteString(before)
		switch name, tail, closed := strings.Cut(strings.TrimPrefix(after, "("), ")"); {
		case !found:
			rest = ""
		case strings.HasPrefix(after, "$"):
			out.WriteString("$")
			rest = after[1:]
		case !strings.HasPrefix(after, "(") || !closed:
			out.WriteString("$")
			rest = after
		default:
			value, ok := values[name]
			if !ok {
				return out.String(), false
			}
			out.WriteString(value)
			rest = tail
		}
	}
	return out.String(), true
}

// folderOf returns the folder that p lies in, "" for the top one.
func folderOf(p string) string {
	if dir := path.Dir(path.Clean("/" + p)); dir != "/" {
		return strings.TrimPrefix(dir, "/")
	}
	return ""
}
