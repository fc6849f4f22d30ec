package submit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// nodePlacement decides which pods must run on one node.
type nodePlacement struct{ *resolution }

// keepOnOneNode keeps pods on one node if they use a claim that only one node can mount: the pods of this job that
// run at the same time, and the pods of other jobs with that claim. On another node they would never start.
func (r nodePlacement) keepOnOneNode(context.Context) error {
	parallel := r.parallelPods() > 1
	var claims []string
	for _, name := range slices.Sorted(maps.Keys(r.claims)) {
		if mountedByOneNode(r.claims[name]) {
			claims = append(claims, name)
		}
	}
	claims = append(claims, r.oneNodeClaimsOfManifest()...)
	existing := len(claims) // pods of other jobs can use these
	if created := r.plan.Claim; created != nil && mountedByOneNode(created) {
		claims = append(claims, created.Name)
	}
	for i, name := range claims {
		// The scheduler requires a pod that has all requested labels. One label is requested, and it also keeps
		// the pods of this job together.
		together := i == 0 && (existing > 0 || parallel)
		r.spec.Storage.OneNode = append(r.spec.Storage.OneNode, spec.OneNode{Claim: name, Together: together})
	}
	if !parallel || len(claims) == 0 {
		return nil
	}
	if r.spec.Scheduling.Spread {
		return invalid(fmt.Errorf("--spread cannot be used with claim %s, which only one node can mount; %s", claims[0], r.adviseManyNodes()))
	}
	r.note("all pods of this job run on one node, because only one node can mount claim %s; %s", strings.Join(claims, ", "), r.adviseManyNodes())
	return nil
}

// oneNodeClaimsOfManifest returns the names of claims that the manifest creates, the job mounts, and only one node
// can mount.
func (r nodePlacement) oneNodeClaimsOfManifest() (names []string) {
	for _, other := range r.request.Base.Others {
		pvc := &corev1.PersistentVolumeClaim{}
		if other.GetKind() != "PersistentVolumeClaim" || runtime.DefaultUnstructuredConverter.FromUnstructured(other.Object, pvc) != nil {
			continue
		}
		if _, mounted := spec.Claims(r.base)[pvc.Name]; mounted && mountedByOneNode(pvc) {
			names = append(names, pvc.Name)
		}
	}
	return names
}

// adviseManyNodes says how the pods could run on several nodes.
func (r nodePlacement) adviseManyNodes() string {
	if r.plan.Claim != nil {
		return "to use more nodes, use --access-mode=RWX if the storage supports it"
	}
	return "to use more nodes, use a claim with access mode RWX"
}

// parallelPods returns how many pods run at the same time.
func (r nodePlacement) parallelPods() int32 {
	l := r.spec.Lifecycle
	switch {
	case l.Array != nil:
		return l.Array.Parallelism()
	case l.Parallelism != nil:
		return *l.Parallelism
	case r.base != nil && r.base.Spec.Parallelism != nil:
		return *r.base.Spec.Parallelism
	}
	return 1
}

// mountedByOneNode reports whether only one node at a time can mount a claim, but several of its pods can.
func mountedByOneNode(pvc *corev1.PersistentVolumeClaim) bool {
	return claim.OnlyNode(pvc) && !claim.OnlyPod(pvc)
}
