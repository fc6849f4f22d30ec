package submit

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// resultsChoice is the results claim that the job gets. The zero value keeps that of the base job, if it has one.
type resultsChoice struct {
	// existing is a claim to write to, create is a claim to create.
	existing *claim.Mount
	create   *claim.Spec
	// renewed is the claim of the job that is run again, if create replaces it.
	renewed string
	// mount is where the claim is mounted.
	mount spec.Mount
}

// replacesBase reports whether the job gets another claim than the base job.
func (c resultsChoice) replacesBase() bool { return c.existing != nil || c.create != nil }

// resultsPlacement decides about the results claim of the job.
type resultsPlacement struct{ *resolution }

// choose decides which results claim the job gets, and where it is mounted. The results of a job that is run
// again are mounted where they were, because its program writes there.
func (r resultsPlacement) choose(ctx context.Context) error {
	order := r.precedence()
	choice, err := decide(ctx, order.resultsClaim)
	if err != nil || !choice.replacesBase() {
		return err
	}
	if choice.existing != nil {
		choice.mount.Mount = *choice.existing
	}
	if choice.mount.Path, err = decide(ctx, order.resultsPath); err != nil {
		return err
	}
	choice.mount.PerTask, err = decide(ctx, order.taskDirectories)
	r.results = choice
	return err
}

// renewedClaim decides for a job that is run again: it gets a new claim like the one that it had. The results of two
// jobs on one claim could not be told apart.
func (s *sources) renewedClaim(ctx context.Context) (resultsChoice, bool, error) {
	name := resultsClaimOf(s.repeated)
	if name == "" || s.request.Results.Reuse || s.mountsOverResults(name) {
		return resultsChoice{}, false, nil
	}
	existing, err := s.cluster.Client.CoreV1().PersistentVolumeClaims(s.request.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		err = fmt.Errorf("results claim %q of job %q does not exist; use --results=SIZE for a new claim", name, s.repeated.Name)
	case err != nil:
		err = fmt.Errorf("reading claim %q: %w", name, err)
	case !provenance.MadeResults(existing):
		err = fmt.Errorf("results claim %q of job %q was not created by run; use --reuse-results to write to it again, or --results=SIZE for a new claim", name, s.repeated.Name)
	}
	if err != nil {
		return resultsChoice{}, false, err
	}
	create := &claim.Spec{Size: existing.Spec.Resources.Requests[corev1.ResourceStorage]}
	if class := existing.Spec.StorageClassName; class != nil {
		create.Class = *class
	}
	if modes := existing.Spec.AccessModes; len(modes) > 0 {
		create.Access = modes[0]
	}
	return resultsChoice{create: create, renewed: name}, true, nil
}

// mountsOverResults reports whether the request mounts something else where the base job has its results.
func (s *sources) mountsOverResults(pvc string) bool {
	return slices.ContainsFunc(claim.MountsIn(s.base), func(m claim.Mounted) bool {
		return m.Claim == pvc && slices.ContainsFunc(s.spec.Storage.Paths(), func(path [2]string) bool { return path[0] == m.Path })
	})
}

// mount mounts the results claim after all other volumes.
func (r resultsPlacement) mount(context.Context) error {
	inherited := resultsClaimOf(r.base) // replaceMounts can have removed it
	if !r.results.replacesBase() {
		r.spec.Storage.Results = inherited
		if inherited != "" {
			r.plan.existingClaim = inherited
			r.references.Add(Reference{Source: "results of the job", Kind: ClaimKind, Name: inherited, Required: true})
			r.moveInherited(inherited)
		}
		return nil
	}
	mount := r.results.mount
	if r.results.create != nil {
		created := *r.results.create
		created.Name, created.Namespace = claim.ResultsName(r.spec.Name), r.request.Namespace
		created.Job, created.Owner = r.spec.Name, r.spec.Owner
		mount.Claim, r.plan.Claim = created.Name, created.Claim().DeepCopy() // the size can share memory with the request
		r.spec.Stamp(&r.plan.Claim.ObjectMeta)
	} else {
		r.plan.existingClaim = mount.Claim
	}
	if inherited != "" {
		spec.WithoutClaim(r.base, inherited)
	}
	r.removeMounts(mount.Path)
	r.spec.Storage.Results = mount.Claim
	r.spec.Storage.Mounts = append(r.spec.Storage.Mounts, mount)
	return nil
}

// moveInherited changes how the base job mounts its results claim.
func (r resultsPlacement) moveInherited(pvc string) {
	switch {
	case r.request.Results.Shared:
		spec.Shared(r.base, pvc)
	case r.spec.Lifecycle.Array != nil && claim.Tasks(r.base) == 0:
		spec.PerTask(r.base, pvc)
	}
	if path := r.request.Results.Path; path != "" {
		r.removeMounts(path)
		spec.Place(r.base, pvc, path)
	}
}

// setGroup sets the group that the files of the volumes belong to. Without it, a new volume belongs to root, and no
// other user can write to it.
func (r resultsPlacement) setGroup(ctx context.Context) (err error) {
	r.spec.FSGroup, err = decide(ctx, r.precedence().group)
	return err
}
