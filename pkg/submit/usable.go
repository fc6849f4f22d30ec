package submit

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// checkUsable returns an error if this job cannot write to an existing results claim.
func (p *Plan) checkUsable(ctx context.Context, pvc *corev1.PersistentVolumeClaim) error {
	users, err := claim.Users(ctx, p.cluster.Client, p.request.Namespace, pvc.Name)
	if err != nil {
		return err
	}
	exec, err := p.cluster.Executor()
	if err != nil {
		return err
	}
	for i := range users {
		pod := &users[i]
		switch {
		case !helper.IsHelperPod(pod):
			return fmt.Errorf("claim %q already exists, and pod %q uses it; wait until the pod has ended, or %s", pvc.Name, pod.Name, p.adviseOtherClaim())
		case helper.IsReading(ctx, exec, pod, p.cluster.Now()):
			return fmt.Errorf("claim %q already exists, and %s is fetching from it (pod %q); wait until the fetch has ended, or %s",
				pvc.Name, cmp.Or(pod.Annotations[provenance.Annotation], "another user"), pod.Name, p.adviseOtherClaim())
		}
	}
	return p.checkSafe(pvc)
}

// adviseOtherClaim says what the user can do instead of waiting for a claim.
func (p *Plan) adviseOtherClaim() string {
	if p.repeated != nil && !p.results.replacesBase() {
		return "run the job on a new claim, without --reuse-results"
	}
	return "use another claim"
}

// checkRepeatedResults returns an error if a job that is run again would overwrite its results on a claim that this
// library did not create.
func (p *Plan) checkRepeatedResults(pvc string) error {
	repeated := p.repeated
	if repeated == nil || pvc == "" || resultsClaimOf(repeated) != pvc || p.request.Results.Overwrite {
		return nil
	}
	switch {
	case job.End(repeated) == nil:
		return fmt.Errorf("job %q is not finished, and writes to the same directory on claim %q; run %q, or use --overwrite-unfetched to overwrite its results",
			repeated.Name, pvc, p.cluster.Command("wait", repeated.Name))
	case !claim.RecordOfJob(repeated).Done(p.Viewer):
		return fmt.Errorf("the results of job %q on claim %q were not fetched, and the new job writes to the same directory; run %q, or use --overwrite-unfetched to overwrite them",
			repeated.Name, pvc, p.cluster.Command("fetch", repeated.Name))
	}
	return nil
}

// checkSafe returns an error if results on an existing claim could be lost, or if it is not the claim that was
// requested.
func (p *Plan) checkSafe(pvc *corev1.PersistentVolumeClaim) error {
	name, results := pvc.Name, p.request.Results
	difference := p.difference(pvc)
	size := claim.Size(pvc)
	var wanted resource.Quantity
	if p.results.create != nil {
		wanted = p.results.create.Size
	}
	switch {
	case pvc.DeletionTimestamp != nil:
		return fmt.Errorf("claim %q is being deleted; run the command again when it no longer exists", name)
	case !provenance.MadeResults(pvc):
		return fmt.Errorf("claim %q already exists and was not created by run; use --results=pvc/%s to write to it", name, name)
	case !results.Overwrite && !claim.RecordOfClaim(pvc).Done(p.Viewer):
		return fmt.Errorf("claim %q holds results that were not fetched; run %q, or use --overwrite-unfetched to overwrite them",
			name, p.cluster.Command("fetch", "pvc/"+name))
	case difference != "":
		return fmt.Errorf("claim %q already exists, and %s; use --results=pvc/%s to write to it, or delete it if its results are safe: run \"kubectl delete pvc %s\"",
			name, difference, name, name)
	case !results.Reuse && size.Cmp(wanted) < 0:
		return fmt.Errorf("claim %q already exists, and its size is %s, less than --results=%s; use --reuse-results to write to it again, or delete it if its results are safe: run \"kubectl delete pvc %s\"",
			name, size.String(), wanted.String(), name)
	}
	return nil
}

// difference says how an existing claim differs from the one to create; "" if it does not.
func (p *Plan) difference(pvc *corev1.PersistentVolumeClaim) string {
	create := p.results.create
	switch class := pvc.Spec.StorageClassName; {
	case create == nil:
		return ""
	case create.Class != "" && class != nil && *class != create.Class:
		return fmt.Sprintf("its storage class is %s, not %s", *class, create.Class)
	case p.request.Results.ExactAccess && !slices.Contains(pvc.Spec.AccessModes, create.Access):
		return fmt.Sprintf("its access mode is not %s", create.Access)
	}
	return ""
}
