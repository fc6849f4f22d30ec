package claim

import (
	"path"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// valueOf returns the value of a variable in the container; false if it
// depends on the pod, except by the number of its task.
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
// subPathExpr ($$ stands for $). If the result depends on the pod, it returns the
// directory before the part that varies. If it depends only on the number of the task, tasks is the
// rest of the path.
func expand(expression string, env []corev1.EnvVar) (directory, tasks string, varies bool) {
	values := map[string]string{}
	for _, e := range env {
		delete(values, e.Name)
		if value, ok := valueOf(e); ok {
			values[e.Name] = value
		}
	}
	text, complete := substitute(expression, values)
	index := strings.Index(text, taskMark)
	switch {
	case complete && index < 0:
		return text, "", false
	case index < 0:
		return folderOf(text + "x"), "", true
	}
	directory = folderOf(text[:index] + "x")
	if complete {
		tasks = strings.TrimPrefix(strings.TrimPrefix(path.Clean("/"+text), "/"+directory), "/")
	}
	return directory, tasks, true
}

// substitute replaces $(NAME) by values. It stops before the first unknown name, and reports whether there was none.
func substitute(expression string, values map[string]string) (text string, complete bool) {
	var out strings.Builder
	for remaining := expression; remaining != ""; {
		literal, rest, hasReference := strings.Cut(remaining, "$")
		out.WriteString(literal)
		switch name, tail, closed := strings.Cut(strings.TrimPrefix(rest, "("), ")"); {
		case !hasReference:
			remaining = ""
		case strings.HasPrefix(rest, "$"):
			out.WriteString("$")
			remaining = rest[1:]
		case !strings.HasPrefix(rest, "(") || !closed:
			out.WriteString("$")
			remaining = rest
		default:
			value, ok := values[name]
			if !ok {
				return out.String(), false
			}
			out.WriteString(value)
			remaining = tail
		}
	}
	return out.String(), true
}

// folderOf returns the directory of p, "" for the top directory.
func folderOf(p string) string {
	if dir := path.Dir(path.Clean("/" + p)); dir != "/" {
		return strings.TrimPrefix(dir, "/")
	}
	return ""
}
