package results

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// locator finds results in one namespace.
type locator struct {
	config    *Config
	request   *Request
	claims    claims
	namespace string
	messages  messages
}

func newLocator(config *Config, request *Request, namespace string) *locator {
	return &locator{
		config: config, request: request, namespace: namespace, messages: messages{print: config.Say},
		claims: claims{client: config.Client, namespace: namespace, requested: request.Claim != ""},
	}
}

// locate finds the results of the job, or on the claim, that the request names.
func (l *locator) locate(ctx context.Context) (*resultsLocation, error) {
	if l.request.Claim != "" {
		return l.claimByName(ctx, l.request.Claim)
	}
	existing, err := job.Get(ctx, l.config.Client, l.namespace, l.request.Job)
	if l.isDeleted(existing, err) {
		return l.deletedJob(ctx)
	}
	if missing, ok := errors.AsType[*job.NotFoundError](err); ok {
		return l.claimOfMissingJob(ctx, missing)
	}
	if err != nil {
		return nil, err
	}
	return l.locateJob(ctx, existing)
}

// isDeleted reports whether the job whose last state is known does not exist any more. existing is the job that has its
// name now.
func (l *locator) isDeleted(existing *batchv1.Job, err error) bool {
	_, missing := errors.AsType[*job.NotFoundError](err)
	last := l.request.Last
	return last != nil && (missing || err == nil && existing.UID != last.UID)
}

// deletedJob locates the results of a job that was deleted as soon as it had ended.
func (l *locator) deletedJob(ctx context.Context) (*resultsLocation, error) {
	location, err := l.locateJob(ctx, l.request.Last)
	if err != nil {
		return nil, err
	}
	location.deleted = true
	l.messages.sayf("Job %s was deleted after it ended; its results are on claim %s", location.name, location.claim.Name)
	return location, nil
}

// locateJob locates the results of a job by its mounts.
func (l *locator) locateJob(ctx context.Context, owner *batchv1.Job) (*resultsLocation, error) {
	choice, mounts, err := l.choose(ctx, owner)
	if files, ok := errors.AsType[*podFilesError](err); ok {
		return l.inPod(owner, files)
	}
	if err != nil {
		return nil, err
	}
	pvc, err := l.claims.get(ctx, choice.Claim)
	if err != nil {
		return nil, err
	}
	if err := checkEphemeral(pvc, choice.Pod); err != nil {
		return nil, fmt.Errorf("job %q: %w", owner.Name, err)
	}
	use := otherUse(pvc, owner)
	if use != "" && !l.request.Anyway {
		return nil, fmt.Errorf("job %q: %s, which may have replaced its files; use --anyway to fetch the current files", owner.Name, use)
	}
	pods, err := job.Pods(ctx, l.config.Client, owner)
	if err != nil {
		return nil, err
	}
	tasks, err := l.request.Tasks.expandPaths(owner, &choice, l.config.Commands)
	if err != nil {
		return nil, err
	}
	results := owner.Annotations[provenance.ResultsAnnotation]
	return &resultsLocation{
		Choice: choice, namespace: l.namespace, name: owner.Name, job: owner, pods: pods, claim: pvc, otherUse: use != "", tasks: tasks,
		onlyResults: choice.Claim == results && choice.SubPath == "" || writableDirectories(mounts) == 1,
		layout:      localtree.NewLayout(choice.SubPath, mountsOn(pvc.Name, mounts, claim.Tasks(owner))...),
	}, nil
}

// choose finds which of the claims that a job and its pods mount holds the paths.
func (l *locator) choose(ctx context.Context, owner *batchv1.Job) (claim.Choice, []claim.Mounted, error) {
	mounts := claim.MountsIn(owner)
	spec := owner.Spec.Template.Spec
	ephemeral := claim.Ephemeral(spec)
	if len(ephemeral) > 0 {
		pods, err := job.Pods(ctx, l.config.Client, owner)
		if err != nil {
			return claim.Choice{}, nil, err
		}
		mounts = append(mounts, ephemeralMounts(pods)...)
	}
	choice, err := claim.Choose(mounts, owner.Annotations[provenance.ResultsAnnotation], l.request.Paths)
	switch {
	case err == nil:
		return choice, mounts, nil
	case l.request.lastPathIsLocal():
		return choice, nil, l.request.localPathError(l.config.Commands)
	}
	if len(ephemeral)+len(claim.Devices(spec)) == 0 {
		if files := l.podFiles(ctx, owner, len(mounts) > 0); files != nil {
			err = files
		}
	}
	return choice, nil, fmt.Errorf("job %q: %w", owner.Name, l.explain(err, spec, mounts))
}

// ephemeralMounts returns the mounts of ephemeral volumes. Their claims exist as long as their pods.
func ephemeralMounts(pods []*corev1.Pod) []claim.Mounted {
	var mounts []claim.Mounted
	for _, pod := range pods {
		mounts = append(mounts, slices.DeleteFunc(claim.MountsOfPod(pod), func(m claim.Mounted) bool { return m.Pod == "" })...)
	}
	return mounts
}

// explain adds to the reason why no claim was chosen what the mounts alone do not show.
func (l *locator) explain(err error, spec corev1.PodSpec, mounts []claim.Mounted) error {
	ephemeral := claim.Ephemeral(spec)
	devices := claim.Devices(spec)
	ambiguous, isAmbiguous := errors.AsType[*claim.AmbiguousError](err)
	switch {
	case isAmbiguous:
		first := ambiguous.Mounts[0]
		return fmt.Errorf("%w, for example \"%s\"", err, l.config.Commands.Line("fetch", "pvc/"+first.Claim, path.Join(first.SubPath, "PATH")))
	case len(mounts) > 0:
		return err
	case len(ephemeral) > 0:
		return fmt.Errorf("its ephemeral volume %s was deleted with its pod", strings.Join(ephemeral, ", "))
	case len(devices) > 0:
		return fmt.Errorf("it uses claim %s as a block device, so there are no files to fetch", strings.Join(devices, ", "))
	}
	return err
}

// checkEphemeral returns an error if the claim of an ephemeral volume is not that of its pod: another claim can have its
// name.
func checkEphemeral(pvc *corev1.PersistentVolumeClaim, pod string) error {
	controller := metav1.GetControllerOf(pvc)
	if pod == "" || controller != nil && controller.Kind == "Pod" && controller.Name == pod {
		return nil
	}
	return fmt.Errorf("claim %q does not belong to pod %q, although the name is that of the pod's ephemeral volume", pvc.Name, pod)
}

// otherUse says which job uses a claim now in place of the given one; "" for none.
func otherUse(pvc *corev1.PersistentVolumeClaim, owner *batchv1.Job) string {
	end, _ := job.Finished(owner)
	return claim.OtherUse(pvc, owner, end)
}

// writableDirectories counts the directories of claims that a job writes to.
func writableDirectories(mounts []claim.Mounted) int {
	directories := map[string]bool{}
	for _, m := range mounts {
		if !m.ReadOnly {
			directories[m.Claim+"/"+m.SubPath] = true
		}
	}
	return len(directories)
}

// claimOfMissingJob locates the results claim of a job that does not exist any more, by its label.
func (l *locator) claimOfMissingJob(ctx context.Context, missing *job.NotFoundError) (*resultsLocation, error) {
	found, err := l.claims.ofJobName(ctx, missing.Name)
	if err != nil {
		return nil, err
	}
	if len(found) != 1 {
		return nil, l.missingJob(ctx, missing)
	}
	if l.request.Tasks != nil {
		return nil, requestErrorf("--task=%s: job %q was deleted, so the directories of its tasks are unknown; use the directory as PATH", l.request.Tasks[0], missing.Name)
	}
	l.messages.sayf("Job %s was deleted; its results are on claim %s", missing.Name, found[0].Name)
	location, err := l.claimByName(ctx, found[0].Name)
	if err == nil {
		location.name = missing.Name
	}
	return location, err
}

// missingJob returns the error for a job that does not exist: the name can be that of a claim.
func (l *locator) missingJob(ctx context.Context, missing *job.NotFoundError) error {
	pvc, err := l.config.Client.CoreV1().PersistentVolumeClaims(l.namespace).Get(ctx, missing.Name, metav1.GetOptions{})
	if err != nil {
		return missing
	}
	return fmt.Errorf("no job %q in namespace %q; to fetch from the claim of that name, run \"%s\"",
		missing.Name, l.namespace, l.config.Commands.Line("fetch", "pvc/"+pvc.Name))
}

// claimByName locates paths on a claim, with the job whose results it holds if that job exists.
func (l *locator) claimByName(ctx context.Context, name string) (*resultsLocation, error) {
	pvc, err := l.claims.get(ctx, name)
	if err != nil {
		return nil, err
	}
	owner, err := l.claims.job(ctx, pvc)
	if err != nil {
		return nil, err
	}
	known := l.claims.writers(ctx, pvc, owner)
	location := &resultsLocation{namespace: l.namespace, name: pvc.Name, claim: pvc, onlyResults: true, layout: localtree.NewLayout("", known.mounts...)}
	location.Claim, location.Path = pvc.Name, known.path
	location.Paths, location.All, err = pathsOnClaim(known.path, l.request.Paths)
	if err != nil || owner == nil {
		return location, err
	}
	location.job, location.Container = owner, owner.Spec.Template.Spec.Containers[0].Name
	location.pods, err = job.Pods(ctx, l.config.Client, owner)
	return location, err
}

// pathsOnClaim returns paths relative to a claim. Each is relative already, or as a job saw it below the mount. The second
// value means the whole claim.
func pathsOnClaim(mount string, paths []string) ([]string, bool, error) {
	var relative []string
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
