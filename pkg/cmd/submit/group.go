package submit

import (
	"context"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// openshiftGroups is where OpenShift writes which groups the pods of a namespace
// get: it gives them one by itself, and refuses any other
// (https://docs.openshift.com, "Managing security context constraints").
const openshiftGroups = "openshift.io/sa.scc.supplemental-groups"

// sharedGroup is the group of results claims: a fetch that may not be root, and
// so is 65532, can read what its members may.
const sharedGroup = 65532

// resolveGroup finds the group that the volumes are given to: a fresh one is
// root's, and no other user could write there.
func (r *Request) resolveGroup(ctx context.Context, start *batchv1.Job, made *resolved) error {
	switch {
	case r.results.chosen:
		r.spec.FSGroup = r.results.group
		return nil
	case r.spec.RunAs != nil:
		group := r.spec.RunAs.Group()
		r.spec.FSGroup = &group
		return nil
	case !made.byRun() || hasGroup(start):
		return nil
	}
	if r.dryRun != dryRunClient {
		namespace, err := r.client.CoreV1().Namespaces().Get(ctx, r.namespace, metav1.GetOptions{})
		if err == nil && namespace.Annotations[openshiftGroups] != "" || ctx.Err() != nil {
			return ctx.Err()
		}
		// Who may not read it works in a namespace of another kind.
	}
	group := int64(sharedGroup)
	r.spec.FSGroup = &group
	return nil
}

// byRun reports whether the results claim is one that run makes, or has made.
func (r *resolved) byRun() bool {
	claim := r.found[r.kept]
	return r.claim != nil || claim != nil && provenance.MadeResults(claim)
}

func hasGroup(start *batchv1.Job) bool {
	return start != nil && start.Spec.Template.Spec.SecurityContext != nil && start.Spec.Template.Spec.SecurityContext.FSGroup != nil
}
