package submit

import (
	"context"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// precedence returns, for each setting that several sources can decide, the sources in order: the first source that
// decides wins. In short: the request (the flags), then the base job (-f, --from, rerun), then a default.
//
// All other settings are fields of spec.Job. There, spec.Job.Apply applies the same order: a field that is set in
// the request replaces the field of the base job; one that is not set leaves it. spec.Job.New has the defaults of a
// new job. Directives in a script (#SBATCH, #PBS) are no source: they have no effect.
//
// Three decisions are made elsewhere: parallelPods (together.go) has the order for the number of pods at the same time,
// setName (resolve.go) adds the generated suffix to the name, and resultsPlacement.mount (results.go) keeps the claim
// that the job inherits from its base.
func (r *resolution) precedence() precedence {
	s, group := &sources{resolution: r}, int64(sharedGroup)
	request, results := r.request, r.request.Results
	return precedence{
		name:            []source[string]{value(request.Spec.Name, request.Spec.Name != ""), s.nameOfBase, s.nameOfImage},
		resultsClaim:    []source[resultsChoice]{s.requestedClaim, s.renewedClaim, s.claimOfBase},
		resultsPath:     []source[string]{value(results.Path, results.Path != ""), s.pathOfBase, value(claim.ResultsPath, true)},
		taskDirectories: []source[bool]{value(false, results.Shared), s.sharedInBase, s.arrayHasDirectories},
		group:           []source[*int64]{value(results.Group, results.SetGroup), s.groupOfUser, s.groupOfBase, s.groupOfNamespace, value(&group, true)},
	}
}

// precedence are the sources of settings.
type precedence struct {
	name         []source[string]
	resultsClaim []source[resultsChoice]
	resultsPath  []source[string]
	// taskDirectories says whether each task of an array gets its own results directory.
	taskDirectories []source[bool]
	// group owns the files on the volumes; nil for no group.
	group []source[*int64]
}

// source returns a value and whether it decides the setting.
type source[T any] func(context.Context) (value T, decides bool, err error)

// decide returns the value of the first source that decides; the zero value if none does.
func decide[T any](ctx context.Context, sources []source[T]) (T, error) {
	for _, ask := range sources {
		value, decides, err := ask(ctx)
		if decides || err != nil {
			return value, err
		}
	}
	var undecided T
	return undecided, nil
}

// value is a source that is known already.
func value[T any](known T, decides bool) source[T] {
	return func(context.Context) (T, bool, error) { return known, decides, nil }
}

// sources are what can decide a setting.
type sources struct{ *resolution }

// nameOfBase returns the name of the CronJob, or that of the base job without a generated suffix.
func (s *sources) nameOfBase(context.Context) (string, bool, error) {
	switch {
	case s.request.Base.CronJob != "":
		return s.request.Base.CronJob, true, nil
	case s.base == nil:
		return "", false, nil
	case s.base.Annotations[provenance.BaseNameAnnotation] != "":
		return s.base.Annotations[provenance.BaseNameAnnotation], true, nil
	case s.base.Name == "":
		return strings.TrimRight(s.base.GenerateName, "-."), true, nil
	}
	return s.base.Name, true, nil
}

// nameOfImage returns the last part of the image's name, without tag and digest.
func (s *sources) nameOfImage(context.Context) (string, bool, error) {
	image := s.request.Spec.Container.Image
	name, _, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], "@")
	name, _, _ = strings.Cut(name, ":")
	return strings.Trim(strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name)), "-"), true, nil
}

func (s *sources) requestedClaim(context.Context) (resultsChoice, bool, error) {
	results := s.request.Results
	choice := resultsChoice{create: results.Create}
	if results.Existing != nil {
		mount := *results.Existing
		choice.existing = &mount
	}
	return choice, results.requested(), nil
}

// claimOfBase decides if the base job has a results claim. Its value is zero: the job keeps that claim.
func (s *sources) claimOfBase(context.Context) (resultsChoice, bool, error) {
	return resultsChoice{}, resultsClaimOf(s.base) != "", nil
}

// pathOfBase returns where the base job has its results: its program writes there.
func (s *sources) pathOfBase(context.Context) (string, bool, error) {
	mount, ok := resultsMount(s.base)
	return mount.Path, ok, nil
}

// sharedInBase decides if the tasks of the base job write to one directory.
func (s *sources) sharedInBase(context.Context) (bool, bool, error) {
	mount, ok := resultsMount(s.base)
	return false, ok && claim.Tasks(s.base) > 0 && !mount.Varies, nil
}

func (s *sources) arrayHasDirectories(context.Context) (bool, bool, error) {
	isArray := s.spec.Lifecycle.Array != nil || s.base != nil && claim.Tasks(s.base) > 0
	return isArray, true, nil
}

func (s *sources) groupOfUser(context.Context) (*int64, bool, error) {
	if s.spec.RunAs == nil {
		return nil, false, nil
	}
	group := s.spec.RunAs.Group()
	return &group, true, nil
}

// groupOfBase decides if the base job has a group, or if the job writes to no results claim of this library. Its value
// is nil, which leaves the group of the base, or none.
func (s *sources) groupOfBase(context.Context) (*int64, bool, error) {
	return nil, !s.writesToCreatedClaim() || hasGroup(s.base), nil
}

// openshiftGroups is the annotation in which OpenShift stores the groups of the pods of a namespace. OpenShift sets
// one of them itself, and rejects all others (https://docs.openshift.com, "Managing security context constraints").
const openshiftGroups = "openshift.io/sa.scc.supplemental-groups"

// groupOfNamespace sets no group if the namespace assigns one. A user who may not read the namespace is assumed to
// work in one that does not.
func (s *sources) groupOfNamespace(ctx context.Context) (*int64, bool, error) {
	if s.request.DryRun == DryRunClient {
		return nil, false, nil
	}
	namespace, err := s.cluster.Client.CoreV1().Namespaces().Get(ctx, s.request.Namespace, metav1.GetOptions{})
	assigned := err == nil && namespace.Annotations[openshiftGroups] != ""
	return nil, assigned, ctx.Err()
}

// sharedGroup is the group of results claims. A helper pod that may not run as root runs as 65532, and can read what
// this group can read.
const sharedGroup = 65532

// writesToCreatedClaim reports whether this library created the results claim or will create it.
func (s *sources) writesToCreatedClaim() bool {
	existing := s.claims[s.plan.existingClaim]
	return s.plan.Claim != nil || existing != nil && provenance.MadeResults(existing)
}

func hasGroup(base *batchv1.Job) bool {
	return base != nil && base.Spec.Template.Spec.SecurityContext != nil && base.Spec.Template.Spec.SecurityContext.FSGroup != nil
}

// resultsMount returns where the containers of a job write to its results claim.
func resultsMount(object *batchv1.Job) (claim.Mounted, bool) {
	name := resultsClaimOf(object)
	if name == "" {
		return claim.Mounted{}, false
	}
	for _, mount := range claim.MountsIn(object) {
		if mount.Claim == name && !mount.ReadOnly {
			return mount, true
		}
	}
	return claim.Mounted{}, false
}
