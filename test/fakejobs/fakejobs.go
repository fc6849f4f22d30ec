// Package fakejobs makes finished Jobs by the thousand that never ran: no controller
// touches them (spec.managedBy), and their pods have a scheduler that does not exist.
package fakejobs

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// workers make jobs at the same time.
const workers = 16

// Spec describes the jobs to create.
type Spec struct {
	Namespace string
	// Prefix begins their names and is the value of their label app.
	Prefix string
	Count  int
	// Pods gives each a finished pod.
	Pods bool
	// Ago is how long ago they completed.
	Ago time.Duration
}

// Make makes the jobs. Client should have no limit of its own.
func Make(ctx context.Context, client kubernetes.Interface, spec Spec) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range spec.Count {
		group.Go(func() error { return spec.createJob(ctx, client, fmt.Sprintf("%s-%05d", spec.Prefix, i)) })
	}
	return group.Wait()
}

func (s Spec) createJob(ctx context.Context, client kubernetes.Interface, name string) error {
	manager := "kubectl-batch.github.io/no-controller"
	job, err := client.BatchV1().Jobs(s.Namespace).Create(ctx, &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": s.Prefix}},
		Spec:       batchv1.JobSpec{ManagedBy: &manager, Template: corev1.PodTemplateSpec{Spec: podSpec()}},
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	start, end := metav1.NewTime(time.Now().Add(-s.Ago-time.Minute)), metav1.NewTime(time.Now().Add(-s.Ago))
	job.Status = batchv1.JobStatus{StartTime: &start, CompletionTime: &end, Succeeded: 1, Conditions: []batchv1.JobCondition{
		{Type: batchv1.JobSuccessCriteriaMet, Status: corev1.ConditionTrue, Reason: batchv1.JobReasonCompletionsReached, LastTransitionTime: end},
		{Type: batchv1.JobComplete, Status: corev1.ConditionTrue, Reason: batchv1.JobReasonCompletionsReached, LastTransitionTime: end},
	}}
	job, err = client.BatchV1().Jobs(s.Namespace).UpdateStatus(ctx, job, metav1.UpdateOptions{})
	if err != nil || !s.Pods {
		return err
	}
	return s.pod(ctx, client, job)
}

func (s Spec) pod(ctx context.Context, client kubernetes.Interface, job *batchv1.Job) error {
	yes := true
	pod, err := client.CoreV1().Pods(s.Namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: job.Name + "-pod", Labels: job.Spec.Template.Labels,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID, Controller: &yes}},
		},
		Spec: podSpec(),
	}, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	pod.Status.Phase = corev1.PodSucceeded
	_, err = client.CoreV1().Pods(s.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
	return err
}

func podSpec() corev1.PodSpec {
	return corev1.PodSpec{
		RestartPolicy: corev1.RestartPolicyNever, SchedulerName: "no-scheduler",
		Containers: []corev1.Container{{Name: "main", Image: "localhost/nothing", Command: []string{"true"}}},
	}
}
