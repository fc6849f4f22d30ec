package submit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// kind is what a flag can name, as people call it.
type kind = string

const (
	claimKind     kind = "claim"
	secretKind    kind = "Secret"
	configMapKind kind = "ConfigMap"
	accountKind   kind = "ServiceAccount"
	classKind     kind = "StorageClass"
	priorityKind  kind = "PriorityClass"
)

// named is an object that a flag names.
type named struct {
	flag string
	kind kind
	name string
	// shown is the name as it was typed, where that is more.
	shown string
	// must says that nothing works without it: a job cannot be made before.
	must bool
}

// where returns where the object is named, as errors begin.
func (n named) where() string {
	switch {
	case !strings.HasPrefix(n.flag, "--"):
		return n.flag
	case n.shown != "":
		return n.flag + "=" + n.shown
	}
	return n.flag + "=" + n.name
}

// checkName refuses what no object can be called.
func checkName(flag, text, name string) error {
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return fmt.Errorf("invalid value %q for %s: invalid name %q: %s", text, flag, name, spelling.Rule(problems))
	}
	return nil
}

// names remembers that a flag names an object, once, to look whether it is there.
func (r *Request) names(flag string, kind kind, name string) error {
	r.remember(named{flag: flag, kind: kind, name: name})
	return checkName(flag, name, name)
}

// must remembers an object that the job cannot do without.
func (r *Request) must(what string, kind kind, name string) {
	r.remember(named{flag: what, kind: kind, name: name, must: true})
}

func (r *Request) remember(one named) {
	i := slices.IndexFunc(r.named, func(other named) bool { return other.kind == one.kind && other.name == one.name })
	if i < 0 {
		r.named = append(r.named, one)
		return
	}
	r.named[i].must = r.named[i].must || one.must
}

// look asks once for each object that a flag names. A claim that is not there
// would have its pod wait for ever; of other things a person is told that they
// are missing, for they may come. What may not be read is taken as it is.
func (r *Request) look(ctx context.Context) (map[string]*corev1.PersistentVolumeClaim, error) {
	claims := map[string]*corev1.PersistentVolumeClaim{}
	for _, one := range r.named {
		object, err := r.get(ctx, one)
		switch {
		case apierrors.IsForbidden(err):
			continue
		case apierrors.IsNotFound(err):
			if err := r.missing(one); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, fmt.Errorf("reading %s %q: %w", one.kind, one.name, err)
		}
		if pvc, ok := object.(*corev1.PersistentVolumeClaim); ok {
			if pvc.DeletionTimestamp != nil {
				return nil, fmt.Errorf("%s: claim %q is being deleted", one.where(), one.name)
			}
			if claim.IsDevice(pvc) && strings.HasPrefix(one.flag, "--") {
				return nil, fmt.Errorf("%s: claim %q is a block device (volumeMode Block), which cannot be mounted as a directory", one.where(), one.name)
			}
			claims[one.name] = pvc
		}
		r.checkS3(one, object)
	}
	return claims, nil
}

// missing tells of what is not there, or refuses where nothing works without it.
func (r *Request) missing(one named) error {
	consequence := "no pod of this job starts until it exists"
	switch {
	case r.base.brings(one):
		return nil
	case one.must || one.kind == claimKind:
		return fmt.Errorf("%s: no %s %q in namespace %q", one.where(), one.kind, one.name, r.namespace)
	case one.flag == "--image-pull-secret":
		consequence = "until it exists, the image is pulled without it"
	}
	r.notes = append(r.notes, fmt.Sprintf("Note: %s: %s %q does not exist; %s", one.where(), one.kind, one.name, consequence))
	return nil
}

func (r *Request) get(ctx context.Context, one named) (any, error) {
	core, options := r.client.CoreV1(), metav1.GetOptions{}
	switch one.kind {
	case secretKind:
		return core.Secrets(r.namespace).Get(ctx, one.name, options)
	case configMapKind:
		return core.ConfigMaps(r.namespace).Get(ctx, one.name, options)
	case accountKind:
		return core.ServiceAccounts(r.namespace).Get(ctx, one.name, options)
	case classKind:
		return r.client.StorageV1().StorageClasses().Get(ctx, one.name, options)
	case priorityKind:
		return r.client.SchedulingV1().PriorityClasses().Get(ctx, one.name, options)
	}
	return core.PersistentVolumeClaims(r.namespace).Get(ctx, one.name, options)
}

// checkS3 says what a Secret for S3 lacks.
func (r *Request) checkS3(one named, object any) {
	secret, ok := object.(*corev1.Secret)
	if !ok || one.name != r.s3Secret {
		return
	}
	var missing []string
	for _, key := range s3Keys() {
		if _, ok := secret.Data[key]; !ok {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		r.notes = append(r.notes, fmt.Sprintf("Note: --s3-secret=%s: the Secret has no key %s; no pod of this job starts until it is added", one.name, strings.Join(missing, " and no key ")))
	}
}
