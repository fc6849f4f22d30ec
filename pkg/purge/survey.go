package purge

import (
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// Finished returns the finished jobs of a namespace, "" for all, that options
// select. groupBy is the label that Job.Group holds, or empty.
func Finished(ctx context.Context, client clients.Interface, namespace string, options metav1.ListOptions, groupBy string) (jobs []Job, err error) {
	err = job.Each(ctx, client, namespace, options, func(object *batchv1.Job) error {
		if job.End(object) != nil {
			jobs = append(jobs, Reduce(object, groupBy))
		}
		return nil
	})
	return jobs, err
}

// place is the name of something in a namespace.
type place struct{ namespace, name string }

// user is an object that mounts a claim, or will mount it: a job or a pod.
type user struct {
	kind, name string
	// job is the UID of the job, or of the job that owns the pod; "" for none.
	job types.UID
	// ended means that it is a pod that has ended: it still delays the deletion of the claim.
	ended bool
}

// uses describes the use of the claim, and how to end it if that is not obvious.
func (u user) uses() string {
	if u.ended {
		return fmt.Sprintf("pod %s has ended but still mounts it; delete this pod to release the claim", u.name)
	}
	return u.kind + " " + u.name + " uses it"
}

// users holds the users of each claim.
type users map[place][]user

func (u users) add(namespace, claim string, entry user) {
	key := place{namespace, claim}
	u[key] = append(u[key], entry)
}

// otherUser returns a user of the claim other than the chosen jobs and their pods;
// it prefers a job to its pod.
func (u users) otherUser(key place, chosen map[types.UID]Job) (result user, ok bool) {
	for _, candidate := range u[key] {
		if _, mine := chosen[candidate.job]; !mine && (!ok || candidate.kind == "job") {
			result, ok = candidate, true
		}
	}
	return result, ok
}

// ofJobs adds the jobs of a namespace with the claims that they mount, and returns
// the places of all jobs.
func (u users) ofJobs(ctx context.Context, client clients.Interface, namespace string) (map[place]bool, error) {
	existing := map[place]bool{}
	err := job.Each(ctx, client, namespace, metav1.ListOptions{}, func(object *batchv1.Job) error {
		existing[place{object.Namespace, object.Name}] = true
		for claim := range spec.Claims(object) {
			u.add(object.Namespace, claim, user{kind: "job", name: object.Name, job: object.UID})
		}
		return nil
	})
	return existing, err
}

// ExistingJobs returns a function that reports whether a job of a namespace, "" for all, exists.
func ExistingJobs(ctx context.Context, client clients.Interface, namespace string) (func(namespace, name string) bool, error) {
	existing, err := users{}.ofJobs(ctx, client, namespace)
	return func(namespace, name string) bool { return existing[place{namespace, name}] }, err
}

// ofPod adds a pod with the claims that it mounts. A helper pod of fetch that has ended
// or is being deleted does not count: it is removed.
func (u users) ofPod(pod *corev1.Pod) {
	if (reason.Ended(pod) || pod.DeletionTimestamp != nil) && helper.IsHelperPod(pod) {
		return
	}
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			u.add(pod.Namespace, v.PersistentVolumeClaim.ClaimName, user{kind: "pod", name: pod.Name, job: jobOf(pod), ended: reason.Ended(pod)})
		}
	}
}

// jobOf returns the UID of the job that owns the pod, "" for none.
func jobOf(pod *corev1.Pod) types.UID {
	i := slices.IndexFunc(pod.OwnerReferences, func(ref metav1.OwnerReference) bool { return ref.Kind == "Job" })
	if i < 0 {
		return ""
	}
	return pod.OwnerReferences[i].UID
}
