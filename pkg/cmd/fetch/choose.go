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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// choose finds which of the claims that one and its pods mount holds the paths.
func (o *Options) choose(ctx context.Context, one *batchv1.Job) (claim.Choice, []claim.Mounted, error) {
	mounts := claim.MountsIn(one)
	ephemeral := claim.Ephemeral(one.Spec.Template.Spec)
	if len(ephemeral) > 0 {
		pods, err := job.Pods(ctx, o.client, one)
		if err != nil {
			return claim.Choice{}, nil, err
		}
		mounts = append(mounts, ofPods(pods)...)
	}
	choice, err := claim.Choose(mounts, one.Annotations[provenance.ResultsAnnotation], o.paths)
	switch {
	case err == nil:
		return choice, mounts, nil
	case o.lastIsLocal():
		return choice, nil, o.destinationMeant()
	}
	if len(ephemeral)+len(claim.Devices(one.Spec.Template.Spec)) == 0 {
		if files := o.podFiles(ctx, one, len(mounts) > 0); files != nil {
			err = files
		}
	}
	return choice, nil, fmt.Errorf("job %q: %w", one.Name, o.explain(err, one, mounts))
}

// ofPods returns the claims of ephemeral volumes, which exist as long as their pods do.
func ofPods(pods []*corev1.Pod) []claim.Mounted {
	var mounts []claim.Mounted
	for _, pod := range pods {
		mounts = append(mounts, slices.DeleteFunc(claim.MountsOfPod(pod), func(m claim.Mounted) bool { return m.Pod == "" })...)
	}
	return mounts
}

// explain adds to why no claim was chosen what the mounts alone do not show.
func (o *Options) explain(err error, one *batchv1.Job, mounts []claim.Mounted) error {
	spec := one.Spec.Template.Spec
	ephemeral, devices := claim.Ephemeral(spec), claim.Devices(spec)
	twice, ambiguous := errors.AsType[*claim.AmbiguousError](err)
	switch {
	case ambiguous:
		first := twice.Mounts[0]
		return fmt.Errorf("%w, for example \"%s\"", err, o.factory.Line("fetch", "pvc/"+first.Claim, path.Join(first.SubPath, "PATH")))
	case len(mounts) > 0:
		return err
	case len(ephemeral) > 0:
		return fmt.Errorf("its ephemeral volume %s was deleted with its pod", strings.Join(ephemeral, ", "))
	case len(devices) > 0:
		return fmt.Errorf("it uses claim %s as a block device, so there are no files to fetch", strings.Join(devices, ", "))
	}
	return err
}

// checkPod makes sure that the claim of an ephemeral volume is that of its pod: another
// claim may have its name.
func checkPod(claim *corev1.PersistentVolumeClaim, pod string) error {
	controller := metav1.GetControllerOf(claim)
	if pod == "" || controller != nil && controller.Kind == "Pod" && controller.Name == pod {
		return nil
	}
	return fmt.Errorf("claim %q does not belong to pod %q, although the name is that of the pod's ephemeral volume", claim.Name, pod)
}
