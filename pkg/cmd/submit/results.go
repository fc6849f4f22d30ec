package submit

import (
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// resolveResults names the claim of the results, which is mounted after all others.
func (r *Request) resolveResults(start *batchv1.Job, made *resolved) {
	old := ""
	if start != nil {
		old = start.Annotations[provenance.ResultsAnnotation]
	}
	asked := r.results.asked
	if asked == nil {
		if r.spec.Storage.Results = old; old != "" {
			made.kept = old
			r.must("results of the job", claimKind, old)
			r.relay(start, old)
		}
		return
	}
	if pvc := r.results.made; pvc != nil {
		pvc.Name, pvc.Namespace, pvc.Job, pvc.Owner = claim.ResultsName(r.spec.Name), r.namespace, r.spec.Name, r.spec.Owner
		asked.Claim, made.claim = pvc.Name, pvc.Claim()
		r.spec.Stamp(&made.claim.ObjectMeta)
	} else {
		made.kept = asked.Claim
	}
	if old != "" {
		spec.WithoutClaim(start, old)
	}
	if start != nil {
		r.without(start, asked.Path)
	}
	r.spec.Storage.Results = asked.Claim
	r.spec.Storage.Mounts = append(r.spec.Storage.Mounts, *asked)
}

// replace takes away what the job that is repeated has at the paths of flags.
func (r *Request) replace(start *batchv1.Job) {
	var paths []string
	for _, one := range r.spec.Storage.Paths() {
		paths = append(paths, one[0])
	}
	if start != nil {
		r.without(start, paths...)
	}
}

func (r *Request) without(start *batchv1.Job, paths ...string) {
	for _, removed := range spec.WithoutMounts(start, paths...) {
		r.notes = append(r.notes, "Note: replaced "+removed+" of the original job")
	}
}

// placeResults finds where new results lie in the container. Those of a job that is
// repeated lie where the first ones did: its program writes there.
func (r *Request) placeResults(start *batchv1.Job) {
	asked := r.results.asked
	if asked == nil {
		return
	}
	asked.PerTask = r.indexed(start) && !r.results.shared
	if start == nil || start.Annotations[provenance.ResultsAnnotation] == "" {
		return
	}
	for _, m := range claim.MountsIn(start) {
		if m.Claim != start.Annotations[provenance.ResultsAnnotation] || m.ReadOnly {
			continue
		}
		if !r.results.placed {
			asked.Path = m.Path
		}
		if claim.Tasks(start) > 0 && !m.Varies {
			asked.PerTask = false // its tasks share a folder
		}
		return
	}
}

// relay changes how the results that stay lie in the container.
func (r *Request) relay(start *batchv1.Job, pvc string) {
	switch {
	case r.results.shared:
		spec.Shared(start, pvc)
	case r.spec.Lifecycle.Array != nil && claim.Tasks(start) == 0:
		spec.PerTask(start, pvc)
	}
	if r.results.placed {
		r.without(start, r.results.at)
		spec.Place(start, pvc, r.results.at)
	}
}

func (r *Request) indexed(start *batchv1.Job) bool {
	return r.spec.Lifecycle.Array != nil || start != nil && claim.Tasks(start) > 0
}

// renewResults asks for a new results claim like that of the job that is repeated: the results of two jobs on one
// claim could not be told apart.
func (r *Request) renewResults(ctx context.Context, start *batchv1.Job) error {
	if r.first == nil || r.results.asked != nil || r.results.reuse {
		return nil
	}
	name := r.first.Annotations[provenance.ResultsAnnotation]
	if name == "" || r.replacesResults(start, name) {
		return nil
	}
	old, err := r.client.CoreV1().PersistentVolumeClaims(r.namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("results claim %q of job %q does not exist; use --results=SIZE for a new claim", name, r.first.Name)
	case err != nil:
		return fmt.Errorf("reading claim %q: %w", name, err)
	case !provenance.MadeResults(old):
		return fmt.Errorf("results claim %q of job %q was not created by run; use --reuse-results to write to it again, or --results=SIZE for a new claim", name, r.first.Name)
	}
	made := &claim.Spec{Size: old.Spec.Resources.Requests[corev1.ResourceStorage]}
	if class := old.Spec.StorageClassName; class != nil {
		made.Class = *class
	}
	if modes := old.Spec.AccessModes; len(modes) > 0 {
		made.Access = modes[0]
	}
	r.results.made, r.results.renews = made, name
	r.results.asked = &spec.Mount{Mount: claim.Mount{Path: r.results.at}}
	return nil
}

// replacesResults reports whether a flag mounts something else where the job has its results.
func (r *Request) replacesResults(start *batchv1.Job, pvc string) bool {
	return slices.ContainsFunc(claim.MountsIn(start), func(m claim.Mounted) bool {
		return m.Claim == pvc && slices.ContainsFunc(r.spec.Storage.Paths(), func(path [2]string) bool { return path[0] == m.Path })
	})
}
