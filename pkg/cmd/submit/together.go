package submit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// keepTogether finds the claims that one node at a time may use. Tasks that run
// side by side, and the pods of other jobs that have such a claim, are kept on one
// node: elsewhere they would hang in ContainerCreating.
func (r *Request) keepTogether(start *batchv1.Job, made *resolved) error {
	tasks := r.atOnce(start) > 1
	var shared []string
	for _, name := range slices.Sorted(maps.Keys(made.found)) {
		if oneNode(made.found[name]) {
			shared = append(shared, name)
		}
	}
	shared = append(shared, r.brought(start)...)
	there := len(shared) // other pods can have these already
	if claim := made.claim; claim != nil && oneNode(claim) {
		shared = append(shared, claim.Name)
	}
	for i, name := range shared {
		// The scheduler wants a pod that has all of the labels that are asked for: one
		// is asked for, and keeps the pods of this job together too.
		together := i == 0 && (there > 0 || tasks)
		r.spec.Storage.OneNode = append(r.spec.Storage.OneNode, spec.OneNode{Claim: name, Together: together})
	}
	switch {
	case !tasks || len(shared) == 0:
		return nil
	case r.spec.Scheduling.Spread:
		return fmt.Errorf("--spread cannot be used with claim %s, which only one node can mount; %s", shared[0], elsewhere(made))
	}
	r.notes = append(r.notes, fmt.Sprintf("Note: all pods of this job run on one node, because only one node can mount claim %s; %s", strings.Join(shared, ", "), elsewhere(made)))
	return nil
}

// brought names the claims of the manifest that one node at a time may use and that
// are not there yet.
func (r *Request) brought(start *batchv1.Job) (names []string) {
	for _, other := range r.base.others {
		claim := &corev1.PersistentVolumeClaim{}
		if other.GetKind() != "PersistentVolumeClaim" || runtime.DefaultUnstructuredConverter.FromUnstructured(other.Object, claim) != nil {
			continue
		}
		if _, mounted := spec.Claims(start)[claim.Name]; mounted && oneNode(claim) {
			names = append(names, claim.Name)
		}
	}
	return names
}

// elsewhere says how the pods could run on more than one node.
func elsewhere(made *resolved) string {
	if made.claim != nil {
		return "to use more nodes, use --access-mode=RWX if the storage supports it"
	}
	return "to use more nodes, use a claim with access mode RWX"
}

// atOnce is how many pods will run at the same time.
func (r *Request) atOnce(start *batchv1.Job) int32 {
	l := r.spec.Lifecycle
	switch {
	case l.Array != nil:
		return l.Array.Parallelism()
	case l.Parallelism != nil:
		return *l.Parallelism
	case start != nil && start.Spec.Parallelism != nil:
		return *start.Spec.Parallelism
	}
	return 1
}

func oneNode(pvc *corev1.PersistentVolumeClaim) bool {
	return claim.OnlyNode(pvc) && !claim.OnlyPod(pvc)
}
