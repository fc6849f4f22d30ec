package claim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

func fieldVariable(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

// array returns an Indexed Job of five tasks that mounts a claim at expression.
func array(expression string, env ...corev1.EnvVar) *batchv1.Job {
	mode, five := batchv1.IndexedCompletion, int32(5)
	return &batchv1.Job{Spec: batchv1.JobSpec{CompletionMode: &mode, Completions: &five, Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
		Volumes: []corev1.Volume{claimVolume("a", "data", false)},
		Containers: []corev1.Container{{
			Name: "main", Env: env, VolumeMounts: []corev1.VolumeMount{{Name: "a", MountPath: "/results", SubPathExpr: expression}},
		}},
	}}}}
}

// The directory of task 3, and the part of the sub-path that all tasks share.
func TestTaskFolder(t *testing.T) {
	env := []corev1.EnvVar{
		{Name: "RUN", Value: "run7"},
		fieldVariable("INDEX", "metadata.annotations['batch.kubernetes.io/job-completion-index']"),
		fieldVariable("LABEL", "metadata.labels['batch.kubernetes.io/job-completion-index']"),
		fieldVariable("POD", "metadata.name"),
		fieldVariable("OTHER", "metadata.labels['batch.kubernetes.io/job-completion-index-2']"),
	}
	type folder struct {
		SubPath, Task string
		Varies, Known bool
	}
	for expression, want := range map[string]folder{
		"$(JOB_COMPLETION_INDEX)":             {"", "3", true, true},
		"$(INDEX)":                            {"", "3", true, true},
		"train/$(LABEL)":                      {"train", "3", true, true},
		"train/$(RUN)/task-$(INDEX)/out":      {"train/run7", "task-3/out", true, true},
		"$(RUN)-$(INDEX)/$(LABEL)":            {"", "run7-3/3", true, true},
		"train/$(INDEX)/":                     {"train", "3", true, true},
		"$$(INDEX)/$(INDEX)":                  {"$(INDEX)", "3", true, true},
		"train/$(INDEX)/$(POD)":               {"train", "", true, false},
		"train/$(POD)/$(INDEX)":               {"train", "", true, false},
		"train/$(OTHER)":                      {"train", "", true, false},
		"train/$(RUN)":                        {"train/run7", "", false, false},
		"train/$$(JOB_COMPLETION_INDEX)":      {"train/$(JOB_COMPLETION_INDEX)", "", false, false},
		"train/$(INDEX)/../$(INDEX)/same/.//": {"train", "3/same", true, true},
	} {
		m := claim.MountsIn(array(expression, env...))[0]
		task, ok := m.TaskFolder(3)
		if !ok {
			task = ""
		}
		if diff := cmp.Diff(want, folder{m.SubPath, task, m.Varies, ok}); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", expression, diff)
		}
	}
}

// The cluster adds the variable to Indexed Jobs only, and not over one's own.
func TestMountsInAddsTheNumber(t *testing.T) {
	declared := corev1.EnvVar{Name: "JOB_COMPLETION_INDEX", Value: "mine"}
	if m := claim.MountsIn(array("x/$(JOB_COMPLETION_INDEX)", declared))[0]; m.SubPath != "x/mine" || m.Varies {
		t.Errorf("its own variable: %+v", m)
	}
	plain := array("x/$(JOB_COMPLETION_INDEX)")
	plain.Spec.CompletionMode = nil
	if m := claim.MountsIn(plain)[0]; !m.Varies || m.TaskPath != "" {
		t.Errorf("no array: %+v", m)
	}
	job := array("x/$(JOB_COMPLETION_INDEX)")
	if claim.MountsIn(job); len(job.Spec.Template.Spec.Containers[0].Env) != 0 {
		t.Error("the job itself was changed")
	}
	if claim.Tasks(job) != 5 || claim.Tasks(plain) != 0 {
		t.Errorf("%d tasks and %d", claim.Tasks(job), claim.Tasks(plain))
	}
}
