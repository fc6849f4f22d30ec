package job

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// GPUResource is the resource that --gpu asks for.
const GPUResource corev1.ResourceName = "nvidia.com/gpu"

// Spec is a job that can be made as it stands.
type Spec struct {
	Name      string
	Namespace string
	Image     string
	// Command replaces the image's ENTRYPOINT; empty keeps it.
	Command []string
	Env     []corev1.EnvVar
	// Resources are request and limit alike.
	Resources  corev1.ResourceList
	PullPolicy corev1.PullPolicy
	// Mounts are all claims of the job, the results claim too.
	Mounts []volume.Mount
	// Results names the claim that run made for the results; empty without one.
	Results string
	// BackoffLimit is how often a failed pod is replaced.
	BackoffLimit int32
	// TTLSeconds after the end the cluster deletes the job; nil for never.
	TTLSeconds *int32
	Owner      owner.Identity
}

// Job returns the object to create.
func (s Spec) Job() *batchv1.Job {
	job := &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{Name: s.Name, Namespace: s.Namespace},
		Spec: batchv1.JobSpec{
			BackoffLimit:            &s.BackoffLimit,
			TTLSecondsAfterFinished: s.TTLSeconds,
			Template:                s.template(),
		},
	}
	s.Owner.Stamp(&job.ObjectMeta)
	if s.Results != "" {
		metav1.SetMetaDataAnnotation(&job.ObjectMeta, owner.ResultsAnnotation, s.Results)
	}
	return job
}

// template never restarts a container in place: a failed pod stays, with its logs.
func (s Spec) template() corev1.PodTemplateSpec {
	template := corev1.PodTemplateSpec{Spec: corev1.PodSpec{RestartPolicy: corev1.RestartPolicyNever}}
	s.Owner.Stamp(&template.ObjectMeta)
	container := corev1.Container{
		Name: s.Name, Image: s.Image, Command: s.Command, Env: s.Env, ImagePullPolicy: s.PullPolicy,
		Resources: corev1.ResourceRequirements{Requests: s.Resources, Limits: s.Resources},
	}
	template.Spec.Volumes, container.VolumeMounts = s.volumes()
	template.Spec.Containers = []corev1.Container{container}
	return template
}

// volumes makes one volume for each claim and access, and one mount for each path.
func (s Spec) volumes() (volumes []corev1.Volume, mounts []corev1.VolumeMount) {
	type source struct {
		claim    string
		readOnly bool
	}
	names := map[source]string{}
	for _, m := range s.Mounts {
		from := source{m.Claim, m.ReadOnly}
		if names[from] == "" {
			names[from] = fmt.Sprintf("volume-%d", len(names))
			volumes = append(volumes, corev1.Volume{Name: names[from], VolumeSource: corev1.VolumeSource{
				PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: m.Claim, ReadOnly: m.ReadOnly},
			}})
		}
		mounts = append(mounts, corev1.VolumeMount{Name: names[from], MountPath: m.Path, SubPath: m.SubPath, ReadOnly: m.ReadOnly})
	}
	return volumes, mounts
}
