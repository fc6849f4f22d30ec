// Package spec creates batch/v1 Jobs from a request: new ones, or by
// changing an existing Job.
package spec

import (
	"maps"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Job is a request for a job. A zero value was not requested: it keeps the value of an
// existing Job, or Kubernetes' default.
type Job struct {
	Name, Namespace string
	// Labels and Annotations are for the job and for its pods.
	Labels, Annotations map[string]string
	Owner               provenance.Identity

	Container  Container
	Storage    Storage
	Lifecycle  Lifecycle
	Scheduling Scheduling
	// RunAs is the user that the pods run as; nil for the image's own.
	RunAs *User
	// FSGroup is the group that the files of the job's volumes are given to; nil for none.
	FSGroup *int64
}

// New returns a job with only the requested values. Its pods are never
// restarted in place: a failed pod remains, with its log.
func (j Job) New() *batchv1.Job {
	job := &batchv1.Job{}
	job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
	j.Apply(job)
	if job.Spec.BackoffLimit == nil && job.Spec.BackoffLimitPerIndex == nil {
		job.Spec.BackoffLimit = new(int32)
	}
	ReplaceEndedPodsOnly(job, false)
	return job
}

// Apply changes job as requested; zero values of the request change nothing.
func (j Job) Apply(job *batchv1.Job) {
	job.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
	respread(job, j.Name)
	job.Name, job.Namespace = j.Name, j.Namespace
	job.GenerateName = ""
	template := &job.Spec.Template
	for _, meta := range []*metav1.ObjectMeta{&job.ObjectMeta, &template.ObjectMeta} {
		j.Stamp(meta)
	}
	j.Owner.StampJob(&job.ObjectMeta)
	if len(template.Spec.Containers) == 0 {
		template.Spec.Containers = []corev1.Container{{Name: j.Name}}
	}
	container := Default(template)
	j.Container.applyTo(&template.Spec, container)
	j.Storage.applyTo(job, container)
	j.Lifecycle.applyTo(job)
	j.Scheduling.applyTo(job)
	j.secure(&template.Spec, container)
}

// Stamp adds the labels and annotations of this job to an object that is created for it.
func (j Job) Stamp(meta *metav1.ObjectMeta) {
	j.Owner.Stamp(meta)
	for key, value := range j.Labels {
		metav1.SetMetaDataLabel(meta, key, value)
	}
	for key, value := range j.Annotations {
		metav1.SetMetaDataAnnotation(meta, key, value)
	}
}

// defaultContainer is the annotation that names the container that kubectl uses by default.
const defaultContainer = "kubectl.kubernetes.io/default-container"

// Default returns the container of template that flags change: kubectl's
// default container, otherwise the first. There must be one.
func Default(template *corev1.PodTemplateSpec) *corev1.Container {
	containers := template.Spec.Containers
	for i := range containers {
		if containers[i].Name == template.Annotations[defaultContainer] {
			return &containers[i]
		}
	}
	return &containers[0]
}

// merged returns the entries of both maps; entries of overlay take precedence.
func merged(base, overlay map[string]string) map[string]string {
	if len(overlay) == 0 {
		return base
	}
	result := maps.Clone(base)
	if result == nil {
		result = map[string]string{}
	}
	maps.Copy(result, overlay)
	return result
}
