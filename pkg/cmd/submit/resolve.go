package submit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/exit"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// objects is what run makes, in this order.
type objects struct {
	others []*unstructured.Unstructured
	// claim is nil where none was asked for, or where an existing one is used.
	claim  *corev1.PersistentVolumeClaim
	script *corev1.ConfigMap
	env    *corev1.Secret
	job    *batchv1.Job
}

// resolved is a request of which everything is known.
type resolved struct {
	objects

	// kept names the results claim that is there already and is to be used; found
	// holds it and the other claims that the job mounts and that were looked at.
	kept  string
	found map[string]*corev1.PersistentVolumeClaim
	// shared are objects of the job that this one repeats: it will own them too.
	shared []owned
}

// resolve asks the cluster for what the request names, and makes the objects.
func (r *Request) resolve(ctx context.Context) (*resolved, error) {
	start, err := r.start(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.resolveName(start); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	if r.first != nil && job.StateOf(r.first) == job.Suspended && !r.spec.Lifecycle.Suspend {
		r.notes = append(r.notes, fmt.Sprintf("Note: job %s is suspended, but the new job is not; use --suspend to create it suspended", r.first.Name))
	}
	if err := r.renewResults(ctx, start); err != nil {
		return nil, err
	}
	made := &resolved{objects: objects{others: r.base.others}}
	r.placeResults(start)
	if err := r.onePathEach(r); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	r.resolveOwned(start, made)
	r.replace(start)
	r.resolveResults(start, made)
	if r.dryRun != dryRunClient {
		if err := r.lookAll(ctx, start, made); err != nil {
			return nil, err
		}
	}
	if err := r.resolveGroup(ctx, start, made); err != nil {
		return nil, err
	}
	if err := r.keepTogether(start, made); err != nil {
		return nil, exit.With(exit.Usage, err)
	}
	made.job = r.lay(start)
	return made, exit.With(exit.Usage, r.checkMade(made.job))
}

// lay makes the job from nothing, or lays the request over what it starts with.
func (r *Request) lay(start *batchv1.Job) *batchv1.Job {
	job := start
	if start == nil {
		job = r.spec.New()
	} else {
		r.over(start)
	}
	if delete(job.Annotations, provenance.BaseNameAnnotation); r.generated != "" {
		metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.BaseNameAnnotation, r.generated)
	}
	return job
}

func (r *Request) over(start *batchv1.Job) {
	if context := start.Spec.Template.Spec.SecurityContext; context != nil && r.results.chosen {
		context.FSGroup, context.FSGroupChangePolicy = nil, nil // by --fs-group, also where that is none
	}
	r.spec.Over(start)
	if policy := spec.ReplaceEndedPodsOnly(start, r.first != nil || r.base.stored); policy != "" {
		r.notes = append(r.notes, fmt.Sprintf("Note: podReplacementPolicy is set to Failed instead of %s: a pod is replaced only after it has ended, so that two pods never write to the same results directory", policy))
	}
}

// resolveName finds the name of the job, and with --generate-name makes it one
// that no other has: here, because the claim is named after it before it exists.
func (r *Request) resolveName(start *batchv1.Job) error {
	name := r.spec.Name
	generate := r.generate || name == "" && (r.base.again != "" || start != nil && start.Name == "")
	if name == "" {
		name = r.baseName(start)
	}
	if generate {
		const room = validation.DNS1123LabelMaxLength - 1 - suffixLength
		if len(name) > room {
			name = name[:room]
		}
		r.generated = name
		name += "-" + r.factory.Suffix(suffixLength)
	}
	r.spec.Name = name
	return checkJobName(name)
}

// suffixLength is as in the names that the API server generates.
const suffixLength = 5

// resolveOwned names the script and the Secret that the job will own. Those of the
// job that is repeated are shared, unless there are new ones.
func (r *Request) resolveOwned(start *batchv1.Job, made *resolved) {
	suffix := ""
	if r.spec.Storage.Script != nil || r.variables != nil {
		suffix = "-" + r.factory.Suffix(suffixLength) // those of a job of that name may still be going away
	}
	if script := r.spec.Storage.Script; script != nil {
		script.ConfigMap = r.spec.Name + "-script" + suffix
		made.script = script.Object(r.spec)
	}
	if r.variables != nil {
		name := r.spec.Name + "-env" + suffix
		for _, key := range slices.Sorted(maps.Keys(r.variables)) {
			r.setVariable(spec.FromSecret(key, name, key, false))
		}
		r.spec.Storage.EnvSecret = name
		made.env = r.spec.EnvSecret(name, r.variables)
	}
	if start == nil {
		return
	}
	if old := start.Annotations[provenance.ScriptAnnotation]; old != "" && made.script != nil {
		spec.WithoutScript(start, old)
	} else if old != "" {
		made.shared = append(made.shared, owned{configMapKind, old})
		r.must("script of the job", configMapKind, old)
	}
	for _, old := range provenance.EnvSecrets(start) {
		made.shared = append(made.shared, owned{secretKind, old})
		r.must("secret variables of the job", secretKind, old)
	}
}

// lookAll looks at what flags name, and at the claims that a manifest or a job
// that is repeated writes to: marks that their results were fetched must go.
func (r *Request) lookAll(ctx context.Context, start *batchv1.Job, made *resolved) (err error) {
	if start != nil {
		written := spec.Claims(start)
		for _, claim := range slices.Sorted(maps.Keys(written)) {
			if written[claim] {
				r.must("volume of the job", claimKind, claim)
			}
		}
	}
	made.found, err = r.look(ctx)
	return err
}
