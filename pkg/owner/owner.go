// Package owner says what the plugin made, for whom, and what is known of it:
// the labels and annotations on jobs, claims and helper pods, and who "you" are.
package owner

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
)

const domain = "kubectl-batch.github.io/"

// Labels.
const (
	// ManagedByLabel is on everything the plugin makes, with the value ManagedBy.
	ManagedByLabel = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of ManagedByLabel.
	ManagedBy = "kubectl-batch"
	// ComponentLabel tells what a made object is for: one of the Components.
	ComponentLabel = "app.kubernetes.io/component"
	// ResultsComponent marks a claim that run --results made.
	ResultsComponent = "results"
	// ScriptComponent marks a ConfigMap that holds a job's script.
	ScriptComponent = "script"
	// EnvComponent marks a Secret that holds variables of a job.
	EnvComponent = "env"
	// HelperComponent marks a helper pod.
	HelperComponent = "fetch-helper"
	// JobLabel holds the job's name, on its results claim and its helper pods.
	// It is not the job-name label of Kubernetes: the Job controller adopts pods by that.
	JobLabel = domain + "job"
	// Label holds a hash of the user's name, for selectors (names are no label values).
	Label = domain + "owner"
	// UseLabel is on a helper pod: a hash of what a fetch that takes it over must
	// have in common with the one that made it.
	UseLabel = domain + "use-of"
	// KeptLabel is on a helper pod that was left for the next fetch on purpose.
	KeptLabel = domain + "kept"
)

// claimDomain begins the label of pods that have a claim, which ends in its name.
const claimDomain = "claim." + domain

// ClaimLabel returns the label of the pods that have a claim which one node at a
// time may use. Names that are too long for a label are cut, and end in a hash.
func ClaimLabel(claim string) string {
	if len(claim) <= validation.LabelValueMaxLength {
		return claimDomain + claim
	}
	hash := Identity{Name: claim}.Hash()
	return claimDomain + claim[:validation.LabelValueMaxLength-len(hash)-1] + "-" + hash
}

// Annotations.
const (
	// Annotation holds the name of the user an object was made for.
	Annotation = domain + "owner"
	// ResultsAnnotation is on a Job: the claim its results volume is.
	ResultsAnnotation = domain + "results"
	// ScriptAnnotation is on a Job: the ConfigMap with its script.
	ScriptAnnotation = domain + "script"
	// EnvAnnotation is on a Job: the Secrets with variables of it, with commas between.
	EnvAnnotation = domain + "env"
	// BaseNameAnnotation is on a Job whose name was generated: the name before the suffix.
	BaseNameAnnotation = domain + "base-name"
	// UserAnnotation is on a claim: the uid, gid and groups its files were written with, as JSON.
	UserAnnotation = domain + "user"
	// FetchedAnnotation is on a job and its claim: when a whole, verified fetch ended (RFC 3339).
	FetchedAnnotation = domain + "fetched"
	// FetchedByAnnotation is who fetched.
	FetchedByAnnotation = domain + "fetched-by"
	// FetchedDigestAnnotation is the digest of the manifest that was fetched.
	FetchedDigestAnnotation = domain + "fetched-digest"
	// UseAnnotation is on a results claim: a text of its own for each job that run gave it to.
	UseAnnotation = domain + "use"
	// CancelledAnnotation is on a Job that cancel ended: when (RFC 3339).
	CancelledAnnotation = domain + "cancelled"
	// CancelledByAnnotation is who cancelled.
	CancelledByAnnotation = domain + "cancelled-by"
	// ViaAnnotation begins the annotations of a claim that is fetched through a bucket: one for each
	// fetch, which holds as JSON what there is to clean up.
	ViaAnnotation = domain + "via-"
	// EmptyAnnotation is on a claim that a fetch found empty after the job had finished (RFC 3339).
	EmptyAnnotation = domain + "empty"
)

// hashBytes of a SHA-256 make the owner label: plenty against chance in one namespace.
const hashBytes = 16

// Identity is a user of the cluster.
type Identity struct {
	// Name is the user's name as the API server knows it; empty where it would not say.
	Name string
}

// Whoami asks the API server who the caller is. Every authenticated user may ask
// (ClusterRole system:basic-user); a cluster that does not say, because it is
// older than Kubernetes 1.28 or forbids it, gives an identity without a name.
func Whoami(ctx context.Context, client cluster.Interface) (Identity, error) {
	review, err := client.AuthenticationV1().SelfSubjectReviews().
		Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return Identity{}, nil
	}
	if err != nil {
		return Identity{}, fmt.Errorf("asking the cluster who you are: %w", err)
	}
	return Identity{Name: review.Status.UserInfo.Username}, nil
}

// Hash returns the value of Label for this user, "" for nobody.
func (i Identity) Hash() string {
	if i.Name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(i.Name))
	return hex.EncodeToString(sum[:hashBytes])
}

// ErrUnknown says that the cluster does not tell who the caller is.
var ErrUnknown = errors.New("the cluster does not say who you are")

// Selector selects what run made for this user; ErrUnknown without a name.
func (i Identity) Selector() (string, error) {
	if i.Name == "" {
		return "", ErrUnknown
	}
	return Label + "=" + i.Hash(), nil
}

// Stamp writes onto an object that the plugin made it, for this user.
func (i Identity) Stamp(meta *metav1.ObjectMeta) {
	metav1.SetMetaDataLabel(meta, ManagedByLabel, ManagedBy)
	if i.Name == "" {
		return
	}
	metav1.SetMetaDataLabel(meta, Label, i.Hash())
	metav1.SetMetaDataAnnotation(meta, Annotation, i.Name)
}

// Reserved reports whether a label or an annotation of that key is the plugin's own.
func Reserved(key string) bool {
	prefix, _, _ := strings.Cut(key, "/")
	return strings.HasSuffix("."+prefix+"/", "."+domain) || key == ManagedByLabel || key == ComponentLabel
}

// Select selects what the plugin made for that: one of the Components.
func Select(component string) string {
	return ManagedByLabel + "=" + ManagedBy + "," + ComponentLabel + "=" + component
}

// JobOf names the job that something was made for, or a claim was given to last.
func JobOf(object metav1.Object) string {
	if name, _, _ := strings.Cut(object.GetAnnotations()[UseAnnotation], " "); name != "" {
		return name
	}
	return object.GetLabels()[JobLabel]
}

// Made reports whether the plugin made the object.
func Made(object metav1.Object) bool {
	return object.GetLabels()[ManagedByLabel] == ManagedBy
}

// MadeResults reports whether object is a claim that run --results made.
func MadeResults(object metav1.Object) bool {
	return Made(object) && object.GetLabels()[ComponentLabel] == ResultsComponent
}

// EnvSecrets returns the Secrets with variables that belong to a job: those of the
// jobs that it repeats, too.
func EnvSecrets(job metav1.Object) []string {
	return strings.FieldsFunc(job.GetAnnotations()[EnvAnnotation], func(r rune) bool { return r == ',' })
}

// Adopt makes job an owner of the object of that name, beside those that it has:
// a strategic merge goes by their UIDs. patch is the Patch of the object's client.
func Adopt[T any](ctx context.Context, job *batchv1.Job, name string,
	patch func(context.Context, string, types.PatchType, []byte, metav1.PatchOptions, ...string) (T, error),
) error {
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{"ownerReferences": []metav1.OwnerReference{
		{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID},
	}}})
	if err != nil {
		return err
	}
	_, err = patch(ctx, name, types.StrategicMergePatchType, data, metav1.PatchOptions{})
	return err
}

// PatchOf returns a JSON merge patch that sets annotations of the object with
// that UID; an empty value removes one. Another object of the same name refuses it.
// So does one of another version, where version is not "".
func PatchOf(uid types.UID, version string, annotations map[string]string) ([]byte, error) {
	values := map[string]any{}
	for key, value := range annotations {
		if values[key] = value; value == "" {
			values[key] = nil
		}
	}
	metadata := map[string]any{"uid": uid, "annotations": values}
	if version != "" {
		metadata["resourceVersion"] = version
	}
	return json.Marshal(map[string]any{"metadata": metadata})
}
