package submit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// Kind is the kind of a referenced object, as messages name it.
type Kind string

// The kinds that a request can name.
const (
	ClaimKind          Kind = "claim"
	SecretKind         Kind = "Secret"
	ConfigMapKind      Kind = "ConfigMap"
	ServiceAccountKind Kind = "ServiceAccount"
	StorageClassKind   Kind = "StorageClass"
	PriorityClassKind  Kind = "PriorityClass"
)

// Reference is an object that the request or the base job names.
type Reference struct {
	// Source is the flag that names the object, such as --pvc, or a description of another source.
	Source string
	Kind   Kind
	Name   string
	// Text is the value of the flag if it is more than Name.
	Text string
	// Required makes a missing object an error. A missing claim is always an error.
	Required bool
}

// describe returns the beginning of messages about the reference.
func (r Reference) describe() string {
	switch {
	case !r.byFlag():
		return r.Source
	case r.Text != "":
		return r.Source + "=" + r.Text
	}
	return r.Source + "=" + r.Name
}

func (r Reference) byFlag() bool { return strings.HasPrefix(r.Source, "--") }

// References are objects to look up, each once.
type References []Reference

// Add adds a reference. If the object is already referenced, it only becomes required.
func (r *References) Add(added Reference) {
	i := slices.IndexFunc(*r, func(other Reference) bool { return other.Kind == added.Kind && other.Name == added.Name })
	if i < 0 {
		*r = append(*r, added)
		return
	}
	(*r)[i].Required = (*r)[i].Required || added.Required
}

// S3Keys returns the keys that a Secret for an S3 store must have.
func S3Keys() []string { return []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} }

// referenceReader reads the objects that the request or the base job names.
type referenceReader struct{ *resolution }

// readAll reads each referenced object once. A pod with a missing claim would wait forever, so this is an error.
// A missing object of another kind can still be created, so it is only a note. A reference that the user is not
// allowed to read is not checked.
func (r referenceReader) readAll(ctx context.Context) error {
	if r.request.DryRun == DryRunClient {
		return nil
	}
	r.requireWrittenClaims()
	for _, reference := range r.references {
		object, err := r.read(ctx, reference)
		switch {
		case apierrors.IsForbidden(err):
			continue
		case apierrors.IsNotFound(err):
			if err := r.reportMissing(reference); err != nil {
				return err
			}
			continue
		case err != nil:
			return fmt.Errorf("reading %s %q: %w", reference.Kind, reference.Name, err)
		}
		if pvc, ok := object.(*corev1.PersistentVolumeClaim); ok {
			if err := checkClaim(reference, pvc); err != nil {
				return err
			}
			r.claims[reference.Name] = pvc
		}
		r.checkS3Secret(reference, object)
	}
	return nil
}

// requireWrittenClaims references the claims that the base job writes to: creation must remove the record that their
// results were fetched.
func (r referenceReader) requireWrittenClaims() {
	if r.base == nil {
		return
	}
	written := spec.Claims(r.base)
	for _, name := range slices.Sorted(maps.Keys(written)) {
		if written[name] {
			r.references.Add(Reference{Source: "volume of the job", Kind: ClaimKind, Name: name, Required: true})
		}
	}
}

func checkClaim(reference Reference, pvc *corev1.PersistentVolumeClaim) error {
	switch {
	case pvc.DeletionTimestamp != nil:
		return fmt.Errorf("%s: claim %q is being deleted", reference.describe(), reference.Name)
	case claim.IsDevice(pvc) && reference.byFlag():
		return fmt.Errorf("%s: claim %q is a block device (volumeMode Block), which cannot be mounted as a directory", reference.describe(), reference.Name)
	}
	return nil
}

// reportMissing returns an error for a missing object that the job cannot do without, and else adds a note.
func (r referenceReader) reportMissing(missing Reference) error {
	consequence := "no pod of this job starts until it exists"
	switch {
	case r.request.Base.contains(missing):
		return nil
	case missing.Required || missing.Kind == ClaimKind:
		return fmt.Errorf("%s: no %s %q in namespace %q", missing.describe(), missing.Kind, missing.Name, r.request.Namespace)
	case missing.Source == "--image-pull-secret":
		consequence = "until it exists, the image is pulled without it"
	}
	r.note("%s: %s %q does not exist; %s", missing.describe(), missing.Kind, missing.Name, consequence)
	return nil
}

func (r referenceReader) read(ctx context.Context, reference Reference) (any, error) {
	core, namespace := r.cluster.Client.CoreV1(), r.request.Namespace
	options := metav1.GetOptions{}
	switch reference.Kind {
	case SecretKind:
		return core.Secrets(namespace).Get(ctx, reference.Name, options)
	case ConfigMapKind:
		return core.ConfigMaps(namespace).Get(ctx, reference.Name, options)
	case ServiceAccountKind:
		return core.ServiceAccounts(namespace).Get(ctx, reference.Name, options)
	case StorageClassKind:
		return r.cluster.Client.StorageV1().StorageClasses().Get(ctx, reference.Name, options)
	case PriorityClassKind:
		return r.cluster.Client.SchedulingV1().PriorityClasses().Get(ctx, reference.Name, options)
	case ClaimKind:
	}
	return core.PersistentVolumeClaims(namespace).Get(ctx, reference.Name, options)
}

// checkS3Secret adds a note about keys that the Secret for the S3 store does not have.
func (r referenceReader) checkS3Secret(reference Reference, object any) {
	secret, ok := object.(*corev1.Secret)
	if !ok || reference.Name != r.request.S3Secret {
		return
	}
	var missing []string
	for _, key := range S3Keys() {
		if _, ok := secret.Data[key]; !ok {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		r.note("--s3-secret=%s: the Secret has no key %s; no pod of this job starts until it is added", reference.Name, strings.Join(missing, " and no key "))
	}
}
