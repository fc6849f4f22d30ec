package fetch

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// found is what to copy from.
type found struct {
	// name of the job, or of the claim where no job is known.
	name string
	// job is nil where it is gone, unless its last state is known: then deleted is set.
	job     *batchv1.Job
	deleted bool
	pods    []*corev1.Pod
	claim   *corev1.PersistentVolumeClaim
	// pod has the files on its emptyDir volume podVolume; nil where they are on claim.
	pod       *corev1.Pod
	podVolume string
	claim.Choice
	// layout says what the symlinks on the claim lead to.
	layout *localtree.Layout
	// results means that the claim is all that the job writes to.
	results bool
	// others means that the files can be those of another job.
	others bool
	// tasks tells of which task of an array each of Paths is; nil where that does
	// not matter.
	tasks map[string]int
}

// label names the volume in messages.
func (f *found) label() string {
	if f.pod != nil {
		return fmt.Sprintf("emptyDir volume %q of pod %q", f.podVolume, f.pod.Name)
	}
	return fmt.Sprintf("claim %q", f.claim.Name)
}

func (o *Options) find(ctx context.Context) (*found, error) {
	if o.claim != "" {
		return o.findClaim(ctx, o.claim)
	}
	one, err := job.Get(ctx, o.client, o.namespace, o.ref)
	if o.isDeleted(one, err) {
		return o.findDeleted(ctx)
	}
	if missing, ok := errors.AsType[*job.NotFoundError](err); ok {
		return o.findOrphan(ctx, missing)
	}
	if err != nil {
		return nil, err
	}
	return o.findOf(ctx, one)
}

// isDeleted reports whether the job whose last state is known does not exist any more: one is what has its name now.
func (o *Options) isDeleted(one *batchv1.Job, err error) bool {
	_, missing := errors.AsType[*job.NotFoundError](err)
	return o.last != nil && (missing || err == nil && one.UID != o.last.UID)
}

// findDeleted finds the volume of a job that was deleted as soon as it had ended.
func (o *Options) findDeleted(ctx context.Context) (*found, error) {
	from, err := o.findOf(ctx, o.last)
	if err != nil {
		return nil, err
	}
	from.deleted = true
	o.factory.Say(fmt.Sprintf("Job %s was deleted after it ended; its results are on claim %s", from.name, from.claim.Name))
	return from, nil
}

// findOf finds the volume of a job that is there.
func (o *Options) findOf(ctx context.Context, one *batchv1.Job) (*found, error) {
	results := one.Annotations[provenance.ResultsAnnotation]
	choice, mounts, err := o.choose(ctx, one)
	if files, ok := errors.AsType[*inPodError](err); ok {
		return o.findInPod(one, files)
	}
	if err != nil {
		return nil, err
	}
	pvc, err := o.getClaim(ctx, choice.Claim)
	if err != nil {
		return nil, err
	}
	if err := checkPod(pvc, choice.Pod); err != nil {
		return nil, fmt.Errorf("job %q: %w", one.Name, err)
	}
	other := otherUse(pvc, one)
	if other != "" && !o.anyway {
		return nil, fmt.Errorf("job %q: %s, which may have replaced its files; use --anyway to fetch the current files", one.Name, other)
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
	layout := localtree.NewLayout(choice.SubPath, mountsOn(pvc.Name, mounts, claim.Tasks(one))...)
	return &found{
		name: one.Name, job: one, pods: pods, claim: pvc, Choice: choice, layout: layout, results: only, others: other != "", tasks: tasks,
	}, nil
}

// otherUse says which job uses claim now in the place of one; "" for none.
func otherUse(pvc *corev1.PersistentVolumeClaim, one *batchv1.Job) string {
	end, _ := job.Finished(one)
	return claim.OtherUse(pvc, one, end)
}

// writableMounts counts the folders of claims that a job writes to.
func writableMounts(mounts []claim.Mounted) int {
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
		provenance.JobLabel: missing.Name, provenance.ComponentLabel: provenance.ResultsComponent, provenance.ManagedByLabel: provenance.ManagedBy,
	}})
	list, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, fmt.Errorf("listing the results claims of job %q: %w", missing.Name, err)
	}
	if list.Items = withoutCopies(list.Items); len(list.Items) != 1 {
		return nil, o.claimMeant(ctx, missing)
	}
	if o.tasks != nil {
		return nil, exit.Usagef("--task=%s: job %q was deleted, so the directories of its tasks are unknown; use the directory as PATH", o.tasks[0], missing.Name)
	}
	o.factory.Say(fmt.Sprintf("Job %s was deleted; its results are on claim %s", missing.Name, list.Items[0].Name))
	one, err := o.findClaim(ctx, list.Items[0].Name)
	if err == nil {
		one.name = missing.Name
	}
	return one, err
}

// withoutCopies leaves out copies of claims that run created, unless there is nothing else, as after a restore.
func withoutCopies(claims []corev1.PersistentVolumeClaim) []corev1.PersistentVolumeClaim {
	created := slices.DeleteFunc(slices.Clone(claims), func(claim corev1.PersistentVolumeClaim) bool { return !provenance.MadeResults(&claim) })
	if len(created) > 0 {
		return created
	}
	return claims
}

// claimMeant returns the error for a job that does not exist: the name can be that of a claim.
func (o *Options) claimMeant(ctx context.Context, missing *job.NotFoundError) error {
	claim, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, missing.Name, metav1.GetOptions{})
	if err != nil {
		return missing
	}
	return fmt.Errorf("no job %q in namespace %q; to fetch from the claim of that name, run \"%s\"",
		missing.Name, o.namespace, o.factory.Line("fetch", "pvc/"+claim.Name))
}

// findClaim takes a claim by its name, with the job it is the results of where
// that is still there.
func (o *Options) findClaim(ctx context.Context, name string) (*found, error) {
	claim, err := o.getClaim(ctx, name)
	if err != nil {
		return nil, err
	}
	one := &found{name: claim.Name, claim: claim, results: true}
	owned, err := o.jobOf(ctx, claim)
	if err != nil {
		return nil, err
	}
	seen := o.findWriters(ctx, claim, owned)
	one.Claim, one.Path, one.layout = claim.Name, seen.path, localtree.NewLayout("", seen.mounts...)
	if one.Paths, one.All, err = claimPaths(one.Path, o.paths); err != nil || owned == nil {
		return one, err
	}
	one.job, one.Container = owned, owned.Spec.Template.Spec.Containers[0].Name
	one.pods, err = job.Pods(ctx, o.client, owned)
	return one, err
}

// jobOf returns the job whose results claim is, nil where there is none.
func (o *Options) jobOf(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*batchv1.Job, error) {
	name := provenance.JobOf(claim)
	if name == "" || !provenance.MadeResults(claim) {
		return nil, nil
	}
	one, err := job.Get(ctx, o.client, o.namespace, job.Ref(name))
	if _, gone := errors.AsType[*job.NotFoundError](err); gone || err == nil && one.Annotations[provenance.ResultsAnnotation] != claim.Name {
		return nil, nil
	}
	return one, err
}

// claimPaths reads paths on a claim that is named itself: relative to it, or as a job saw them below the mount.
func claimPaths(mount string, paths []string) (relative []string, all bool, err error) {
	for _, p := range paths {
		clean := path.Clean("/" + p)
		if path.Clean(p) == ".." || strings.HasPrefix(path.Clean(p), "../") {
			return nil, false, fmt.Errorf("invalid PATH %q: it is outside the volume", p)
		}
		if strings.HasPrefix(p, "/") && (clean == mount || strings.HasPrefix(clean, mount+"/")) {
			clean = strings.TrimPrefix(clean, mount)
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

// noClaim returns the error for a claim that does not exist.
func (o *Options) noClaim(ctx context.Context, name string) error {
	if o.claim == "" {
		return fmt.Errorf("claim %q does not exist in namespace %q: the claim and its results were deleted", name, o.namespace)
	}
	message := fmt.Sprintf("no claim %q in namespace %q", name, o.namespace)
	list, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).List(ctx, metav1.ListOptions{Limit: mostClaims})
	if err != nil {
		return errors.New(message) // its names are a courtesy
	}
	var names []string
	for i := range list.Items {
		names = append(names, list.Items[i].Name)
	}
	if near := spelling.Nearest(name, names); len(near) > 0 {
		message += "; similar names: " + strings.Join(near, ", ")
	}
	return errors.New(message)
}

// mostClaims is how many are read for the names that are similar.
const mostClaims = 1000

// getClaim returns a claim that can be mounted. An unbound one is refused: a
// helper would provision it.
func (o *Options) getClaim(ctx context.Context, name string) (*corev1.PersistentVolumeClaim, error) {
	pvc, err := o.client.CoreV1().PersistentVolumeClaims(o.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, o.noClaim(ctx, name)
	case err != nil:
		return nil, fmt.Errorf("reading claim %q: %w", name, err)
	case pvc.DeletionTimestamp != nil:
		return nil, fmt.Errorf("claim %q is being deleted, so no new pod can mount it: %s", name, purge.Holding(ctx, o.client, pvc))
	case claim.IsDevice(pvc):
		return nil, fmt.Errorf("claim %q is a block device (volumeMode Block), so there are no files to fetch", name)
	case pvc.Status.Phase == corev1.ClaimPending:
		return nil, fmt.Errorf("claim %q has no volume yet: no pod has used it, so there are no files to fetch", name)
	case pvc.Status.Phase == corev1.ClaimLost:
		return nil, fmt.Errorf("claim %q has lost its volume (phase Lost)", name)
	}
	return pvc, nil
}
