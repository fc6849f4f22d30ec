package claim

import (
	"path"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

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
