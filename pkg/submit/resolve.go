package submit

import (
	"context"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// resolution is the state of one call of Resolve.
type resolution struct {
	cluster Cluster
	request Request

	// spec starts as a copy of the request's; the steps complete it.
	spec spec.Job
	// base is a copy of the base job that the steps change; nil for a new job.
	base *batchv1.Job
	// repeated is the job that is run again, as it is in the cluster; nil for none.
	repeated *batchv1.Job
	// generatedName is the name before its generated suffix; "" if the name was not generated.
	generatedName string
	results       resultsChoice
	references    References
	// claims are the existing claims that were looked up.
	claims map[string]*corev1.PersistentVolumeClaim
	plan   *Plan
}

// steps are what Resolve does, in this order.
func (r *resolution) steps() []func(context.Context) error {
	return []func(context.Context) error{
		r.identifyUser,
		r.readBase,
		r.setName,
		r.noteSuspended,
		resultsPlacement{r}.choose,
		requestCheck{r}.mountPaths,
		r.addOwnedObjects,
		r.replaceMounts,
		resultsPlacement{r}.mount,
		referenceReader{r}.readAll,
		resultsPlacement{r}.setGroup,   // depends on the claims that were read
		nodePlacement{r}.keepOnOneNode, // depends on them, too
		r.buildJob,
		requestCheck{r}.completedJob,
	}
}

// Resolve completes a request: it reads the base job and all referenced objects, and builds the objects to create.
// It changes nothing in the cluster. An InvalidError says that the request contradicts itself or its base.
func Resolve(ctx context.Context, cluster Cluster, request Request) (*Plan, error) {
	if err := request.checkComplete(); err != nil {
		return nil, invalid(err)
	}
	r := &resolution{
		cluster: cluster, request: request, spec: copySpec(request.Spec), references: slices.Clone(request.References),
		claims: map[string]*corev1.PersistentVolumeClaim{}, plan: &Plan{cluster: cluster, request: request},
	}
	r.spec.Namespace = request.Namespace
	for _, other := range request.Base.Others {
		r.plan.Others = append(r.plan.Others, other.DeepCopy())
	}
	for _, step := range r.steps() {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	r.plan.Viewer = claim.Viewer{Name: r.spec.Owner.Name}
	r.plan.owner = r.spec.Owner.Name
	r.plan.claims = r.claims
	r.plan.repeated = r.repeated
	r.plan.results = r.results
	return r.plan, nil
}

// copySpec copies what the steps change.
func copySpec(job spec.Job) spec.Job {
	job.Container.Env = slices.Clone(job.Container.Env)
	job.Storage.Mounts = slices.Clone(job.Storage.Mounts)
	job.Storage.OneNode = slices.Clone(job.Storage.OneNode)
	if job.Storage.Script != nil {
		script := *job.Storage.Script
		job.Storage.Script = &script
	}
	return job
}

// note adds a note to the plan.
func (r *resolution) note(format string, args ...any) {
	r.plan.Notes = append(r.plan.Notes, "Note: "+fmt.Sprintf(format, args...))
}

func (r *resolution) identifyUser(ctx context.Context) error {
	if r.request.DryRun == DryRunClient {
		return nil
	}
	user, err := provenance.Whoami(ctx, r.cluster.Client)
	r.spec.Owner = user
	return err
}

// suffixLength is as in the names that the API server generates.
const suffixLength = 5

// setName sets the name of the job. A generated suffix is added here and not by the API server, because the claim
// has the same name and is created before the job.
func (r *resolution) setName(ctx context.Context) error {
	name, err := decide(ctx, r.precedence().name)
	if err != nil {
		return err
	}
	unnamed := r.request.Spec.Name == "" && (r.request.Base.Repeat != "" || r.base != nil && r.base.Name == "")
	if r.request.GenerateName || unnamed {
		const room = validation.DNS1123LabelMaxLength - 1 - suffixLength
		name = name[:min(len(name), room)]
		r.generatedName = name
		name += "-" + r.cluster.Suffix(suffixLength)
	}
	r.spec.Name = name
	return invalid(CheckName(name))
}

// replaceMounts removes what the base job has mounted at paths that the request uses.
func (r *resolution) replaceMounts(context.Context) error {
	var paths []string
	for _, path := range r.spec.Storage.Paths() {
		paths = append(paths, path[0])
	}
	r.removeMounts(paths...)
	return nil
}

func (r *resolution) removeMounts(paths ...string) {
	if r.base == nil {
		return
	}
	for _, removed := range spec.WithoutMounts(r.base, paths...) {
		r.note("replaced %s of the original job", removed)
	}
}

// buildJob creates the Job object from nothing, or changes the base job.
func (r *resolution) buildJob(context.Context) error {
	built := r.base
	if built == nil {
		built = r.spec.New()
	} else {
		r.changeBase()
	}
	delete(built.Annotations, provenance.BaseNameAnnotation)
	if r.generatedName != "" {
		metav1.SetMetaDataAnnotation(&built.ObjectMeta, provenance.BaseNameAnnotation, r.generatedName)
	}
	r.plan.Job = built.DeepCopy() // built can share pointers, slices and maps with the request
	return nil
}

func (r *resolution) changeBase() {
	if security := r.base.Spec.Template.Spec.SecurityContext; security != nil && r.request.Results.SetGroup {
		security.FSGroup, security.FSGroupChangePolicy = nil, nil // the request can also ask for no group
	}
	r.spec.Apply(r.base)
	if policy := spec.ReplaceEndedPodsOnly(r.base, r.repeated != nil || r.request.Base.Stored); policy != "" {
		r.note("podReplacementPolicy is set to Failed instead of %s: a pod is replaced only after it has ended, so that two pods never write to the same results directory", policy)
	}
}
