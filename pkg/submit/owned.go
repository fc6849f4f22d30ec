package submit

import (
	"context"
	"maps"
	"slices"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// ownedObject is deleted together with the last job that owns it.
type ownedObject struct {
	kind Kind
	name string
}

// addOwnedObjects builds the ConfigMap with the script and the Secret with variables. Those of the job that is run
// again are shared with it, unless the request replaces them.
func (r *resolution) addOwnedObjects(context.Context) error {
	suffix := ""
	if r.spec.Storage.Script != nil || r.request.SecretVariables != nil {
		suffix = "-" + r.cluster.Suffix(suffixLength) // an earlier job of that name may still be being deleted
	}
	if script := r.spec.Storage.Script; script != nil {
		script.ConfigMap = r.spec.Name + "-script" + suffix
		r.plan.Script = script.Object(r.spec).DeepCopy()
	}
	if variables := r.request.SecretVariables; variables != nil {
		name := r.spec.Name + "-env" + suffix
		for _, key := range slices.Sorted(maps.Keys(variables)) {
			r.spec.Container.Env = spec.SetVariable(r.spec.Container.Env, spec.FromSecret(key, name, key, false))
		}
		r.spec.Storage.EnvSecret = name
		r.plan.Env = r.spec.EnvSecret(name, maps.Clone(variables))
	}
	if r.base != nil {
		r.shareOwnedObjects()
	}
	return nil
}

// shareOwnedObjects lets the new job own the script and the Secrets of the base job as well.
func (r *resolution) shareOwnedObjects() {
	script := r.base.Annotations[provenance.ScriptAnnotation]
	switch {
	case script != "" && r.plan.Script != nil:
		spec.WithoutScript(r.base, script)
	case script != "":
		r.share("script of the job", ConfigMapKind, script)
	}
	for _, secret := range provenance.EnvSecrets(r.base) {
		r.share("secret variables of the job", SecretKind, secret)
	}
}

func (r *resolution) share(source string, kind Kind, name string) {
	r.plan.shared = append(r.plan.shared, ownedObject{kind, name})
	r.references.Add(Reference{Source: source, Kind: kind, Name: name, Required: true})
}
