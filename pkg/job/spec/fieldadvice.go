package spec

import (
	"reflect"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// fieldHabits are names that people often use for fields of a Job, with the correct field.
func fieldHabits() map[string]string {
	const job, pod, container = "spec.", "spec.template.spec.", "spec.template.spec.containers[0]."
	return map[string]string{
		"ttl": job + "ttlSecondsAfterFinished", "ttlSeconds": job + "ttlSecondsAfterFinished", "ttlAfterFinished": job + "ttlSecondsAfterFinished",
		"timeout": job + "activeDeadlineSeconds", "deadline": job + "activeDeadlineSeconds", "deadlineSeconds": job + "activeDeadlineSeconds",
		"retries": job + "backoffLimit", "maxRetries": job + "backoffLimit", "retryLimit": job + "backoffLimit",
		"replicas": job + "parallelism", "serviceAccountNames": pod + "serviceAccountName",
		"cpu": container + "resources.limits.cpu", "memory": container + "resources.limits.memory", "gpu": container + `resources.limits["nvidia.com/gpu"]`,
		"workdir": container + "workingDir", "entrypoint": container + "command", "environment": container + "env", "pullPolicy": container + "imagePullPolicy",
	}
}

// fieldPlaces are the paths below which a misplaced field may belong, with their types.
func fieldPlaces() (places []string, types map[string]reflect.Type) {
	places = []string{"metadata", "spec", "spec.template.spec", "spec.template.spec.containers[0]", "spec.template.spec.containers[0].resources", "spec.template.spec.securityContext"}
	return places, map[string]reflect.Type{
		places[0]: reflect.TypeFor[batchv1.Job]().Field(1).Type,
		places[1]: reflect.TypeFor[batchv1.JobSpec](),
		places[2]: reflect.TypeFor[corev1.PodSpec](),
		places[3]: reflect.TypeFor[corev1.Container](),
		places[4]: reflect.TypeFor[corev1.ResourceRequirements](),
		places[5]: reflect.TypeFor[corev1.PodSecurityContext](),
	}
}

// fieldAdvice suggests the correct field for name, which does not exist at path. The text follows
// "unknown field x"; it is empty if there is no suggestion. fields are the fields at path.
func fieldAdvice(path, name string, fields []string) string {
	plain := func(field string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(field))
	}
	if i := slices.IndexFunc(fields, func(field string) bool { return plain(field) == plain(name) }); i >= 0 {
		return "; use " + join(path, fields[i])
	}
	if field, ok := fieldHabits()[name]; ok {
		return "; use " + field
	}
	places, types := fieldPlaces()
	for _, place := range places {
		if _, ok := fieldsOf(types[place])[name]; ok && place != path {
			return "; use " + join(place, name)
		}
	}
	for _, near := range spelling.Nearest(name, fields) {
		if spelling.Distance(name, near) <= max(1, len(name)/4) {
			return "; did you mean " + join(path, near) + "?"
		}
	}
	return ""
}
