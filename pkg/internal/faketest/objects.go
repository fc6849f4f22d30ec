package faketest

import (
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Now is the time in tests.
func Now() time.Time { return time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC) }

// Job returns a job that was created an hour ago and has not started; changes are
// applied to it in their order.
func Job(name string, changes ...func(*batchv1.Job)) *batchv1.Job {
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: Namespace, UID: UID(name), CreationTimestamp: metav1.NewTime(Now().Add(-time.Hour)),
		},
		Spec: batchv1.JobSpec{
			Selector: selectorOf(name),
			Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "localhost/train:1"}}}},
		},
	}
	for _, change := range changes {
		change(job)
	}
	return job
}

// Ended ends a job with a condition, that long ago, after it ran ten minutes.
func Ended(condition batchv1.JobConditionType, ago time.Duration, cause ...string) func(*batchv1.Job) {
	return func(job *batchv1.Job) {
		end := batchv1.JobCondition{Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(Now().Add(-ago))}
		if len(cause) == 2 {
			end.Reason, end.Message = cause[0], cause[1]
		}
		start := metav1.NewTime(Now().Add(-ago - 10*time.Minute))
		job.Status.StartTime, job.Status.Conditions = &start, append(job.Status.Conditions, end)
	}
}

// Annotated sets an annotation of a job.
func Annotated(key, value string) func(*batchv1.Job) {
	return func(job *batchv1.Job) { metav1.SetMetaDataAnnotation(&job.ObjectMeta, key, value) }
}

// Marked writes a mark onto a job: an annotation that holds on this job alone.
func Marked(key, text string) func(*batchv1.Job) {
	return func(job *batchv1.Job) { metav1.SetMetaDataAnnotation(&job.ObjectMeta, key, string(job.UID)+" "+text) }
}

// Version sets the resourceVersion of a job.
func Version(version string) func(*batchv1.Job) {
	return func(job *batchv1.Job) { job.ResourceVersion = version }
}

// Labelled sets a label of a job.
func Labelled(key, value string) func(*batchv1.Job) {
	return func(job *batchv1.Job) { metav1.SetMetaDataLabel(&job.ObjectMeta, key, value) }
}

// OwnedBy makes a job one that run created for that user in the namespace that the job has now.
func OwnedBy(user string) func(*batchv1.Job) {
	return func(job *batchv1.Job) { provenance.Identity{Name: user}.StampJob(&job.ObjectMeta) }
}

// PodOf returns a pod of job in that phase.
func PodOf(job *batchv1.Job, name string, phase corev1.PodPhase, changes ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: job.Namespace, UID: UID(name), CreationTimestamp: job.CreationTimestamp,
			Labels: map[string]string{batchv1.ControllerUidLabel: string(job.UID)},
		},
		Spec:   *job.Spec.Template.Spec.DeepCopy(),
		Status: corev1.PodStatus{Phase: phase},
	}
	for _, change := range changes {
		change(pod)
	}
	return pod
}

// Exited makes the first container of a pod end with status.
func Exited(status int32) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: pod.Spec.Containers[0].Name, ContainerID: "containerd://" + pod.Name,
			State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: status, Reason: "Error"}},
		})
	}
}

// Waiting makes the first container of a pod wait.
func Waiting(code, message string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: pod.Spec.Containers[0].Name, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: code, Message: message}},
		})
	}
}

// Claim returns a claim in that phase.
func Claim(name, size string, phase corev1.PersistentVolumeClaimPhase, changes ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace, UID: UID(name)},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
		},
		Status: corev1.PersistentVolumeClaimStatus{Phase: phase},
	}
	for _, change := range changes {
		change(claim)
	}
	return claim
}
