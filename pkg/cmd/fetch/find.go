package fetch

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// found is what to copy from.
type found struct {
	// name of the job, or of the claim where no job is known.
	name string
	// job is nil where it is gone.
	job   *batchv1.Job
	pods  []*corev1.Pod
	claim *corev1.PersistentVolumeClaim
	volume.Choice
	// results means that the claim is all that the job writes to.
	results bool
	// tasks tells of which task of an array each of Paths is; nil where that does
	// not matter.
	tasks map[string]int
}

func (o *Options) find(ctx context.Context) (*found, error) {
	if o.claim != "" {
		return o.findClaim(ctx, o.claim)
	}
	one, err := job.Get(ctx, o.client, o.namespace, o.ref)
	if missing, ok := errors.AsType[*job.NotFoundError](err); ok {
		return o.findOrphan(ctx, missing)
	}
	if err != nil {
		return nil, err
	}
	return o.findOf(ctx, one)
}

// findOf finds the volume of a job that is there.
func (o *Options) findOf(ctx context.Context, one *batchv1.Job) (*found, error) {
	results := one.Annotations[owner.ResultsAnnotation]
	mounts := volume.MountsIn(one)
	choice, err := volume.Choose(mounts, results, o.paths)
	if err != nil {
		if o.lastIsLocal() {
			return nil, o.destinationMeant()
		}
		return nil, fmt.Errorf("job %q: %w", one.Name, err)
	}
	claim, err := o.getClaim(ctx, choice.Claim)
	if err != nil {
		return nil, err
	}
	pods, err := job.Pods(ctx, o.client, one)
	if err != nil {
		return nil, err
	}
	tasks, err := o.perTask(one, &choice)
	if err != nil {
		return nil, err
	}
	only := choice.Claim == results && choice.SubPath == "" || writableMounts(mounts) == 1
	return &found{name: one.Name, job: one, pods: pods, claim: claim, Choice: choice, results: only, tasks: tasks}, nil
}

// writableMounts counts the folders of claims that a job writes to.
func writableMounts(mounts []volume.Mounted) int {
	folders := map[string]bool{}
	for _, m := range mounts {
		if !m.ReadOnly {
			folders[m.Claim+"/"+m.SubPath] = true
		}
	}
	return len(folders)
}

// findOrphan finds the results claim of a job that is gone, by its label.
func (o *Options) findOrphan(ctx context.Context, missing *job.NotFoundError) (*found, error) {
	selector := metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: map[string]string{
		owner.JobLabel: missing.Name, owner.ComponentLabel: owner.ResultsComponent, owner.ManagedByLabel: owner.ManagedBy,
	}})
	list, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("looking for the results of job %q: %w", missing.Name, err)
	}
	if len(list.Items) != 1 {
		return nil, missing
	}
	if o.tasks != nil {
		return nil, exit.Usagef("--task=%s: job %q is gone, so it is not known which folder is a task's: name it as PATH", o.tasks[0], missing.Name)
	}
	o.factory.Say(fmt.Sprintf("Job %s is gone; its results are on claim %s", missing.Name, list.Items[0].Name))
	one, err := o.findClaim(ctx, list.Items[0].Name)
	if err == nil {
		one.name = missing.Name
	}
	return one, err
}

// findClaim takes a claim by its name, with the job it is the results of where
// that is still there.
func (o *Options) findClaim(ctx context.Context, name string) (*found, error) {
	claim, err := o.getClaim(ctx, name)
	if err != nil {
		return nil, err
	}
	one := &found{name: claim.Name, claim: claim, results: true}
	one.Claim, one.Path = claim.Name, volume.ResultsPath
	if one.Paths, one.All, err = claimPaths(o.paths); err != nil {
		return nil, err
	}
	owned, err := o.jobOf(ctx, claim)
	if err != nil || owned == nil {
		return one, err
	}
	one.job, one.Container = owned, owned.Spec.Template.Spec.Containers[0].Name
	one.pods, err = job.Pods(ctx, o.client, owned)
	return one, err
}

// jobOf returns the job whose results claim is, nil where there is none.
func (o *Options) jobOf(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*batchv1.Job, error) {
	name := claim.Labels[owner.JobLabel]
	if name == "" || !owner.MadeResults(claim) {
		return nil, nil
	}
	one, err := job.Get(ctx, o.client, o.namespace, job.Ref(name))
	if _, gone := errors.AsType[*job.NotFoundError](err); gone || err == nil && one.Annotations[owner.ResultsAnnotation] != claim.Name {
		return nil, nil
	}
	return one, err
}

// claimPaths reads paths on a claim that is named itself: relative to it, or
// as a job saw them below /results.
func claimPaths(paths []string) (relative []string, all bool, err error) {
	for _, p := range paths {
		clean := path.Clean("/" + p)
		if path.Clean(p) == ".." || strings.HasPrefix(path.Clean(p), "../") {
			return nil, false, fmt.Errorf("%q leads out of the volume", p)
		}
		if strings.HasPrefix(p, "/") && (clean == volume.ResultsPath || strings.HasPrefix(clean, volume.ResultsPath+"/")) {
			clean = strings.TrimPrefix(clean, volume.ResultsPath)
		}
		if clean = strings.TrimPrefix(clean, "/"); clean == "" {
			return []string{"."}, true, nil
		}
		relative = append(relative, clean)
	}
	if len(relative) == 0 {
		return []string{"."}, true, nil
	}
	return relative, false, nil
}

// getClaim returns a claim that can be mounted. An unbound one is refused: a
// helper would provision it.
func (o *Options) getClaim(ctx context.Context, name string) (*corev1.PersistentVolumeClaim, error) {
	claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no claim %q in namespace %q: the results on it are gone with it", name, o.namespace)
	case err != nil:
		return nil, fmt.Errorf("reading claim %q: %w", name, err)
	case claim.Status.Phase == corev1.ClaimPending:
		return nil, fmt.Errorf("claim %q has no volume yet: no pod has used it, so there is nothing on it to fetch", name)
	case claim.Status.Phase == corev1.ClaimLost:
		return nil, fmt.Errorf("claim %q has lost its volume: the cluster says Lost", name)
	case claim.DeletionTimestamp != nil:
		return nil, fmt.Errorf("claim %q is being deleted: no new pod can mount it", name)
	}
	return claim, nil
}
