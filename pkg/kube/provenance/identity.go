package provenance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// hashBytes of a SHA-256 make the owner label: plenty against chance in one namespace.
const hashBytes = 16

// Identity is a user of the cluster.
type Identity struct {
	// Name is the user's name as the API server knows it; "" if the server does not tell it.
	Name string
}

// Whoami queries the API server for the caller's name. Every authenticated user may do this
// (ClusterRole system:basic-user). For a cluster that does not answer, because it is
// older than Kubernetes 1.28 or forbids it, the identity has no name.
func Whoami(ctx context.Context, client clients.Interface) (Identity, error) {
	review, err := client.AuthenticationV1().SelfSubjectReviews().
		Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return Identity{}, nil
	}
	if err != nil {
		return Identity{}, fmt.Errorf("reading the name of the current user: %w", err)
	}
	return Identity{Name: review.Status.UserInfo.Username}, nil
}

// Hash returns the value of Label for this user, "" for an unknown user.
func (i Identity) Hash() string {
	if i.Name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(i.Name))
	return hex.EncodeToString(sum[:hashBytes])
}

// ErrUnknown means that the cluster does not tell who the caller is.
var ErrUnknown = errors.New("the cluster does not report the name of the current user")

// Selector selects the objects that run created for this user; ErrUnknown without a name.
func (i Identity) Selector() (string, error) {
	if i.Name == "" {
		return "", ErrUnknown
	}
	return Label + "=" + i.Hash(), nil
}

// Stamp adds the labels and annotations of an object that the plugin creates for this user.
func (i Identity) Stamp(meta *metav1.ObjectMeta) {
	metav1.SetMetaDataLabel(meta, ManagedByLabel, ManagedBy)
	if i.Name == "" {
		return
	}
	metav1.SetMetaDataLabel(meta, Label, i.Hash())
	metav1.SetMetaDataAnnotation(meta, Annotation, i.Name)
}

// StampJob is Stamp for a Job, which does not exist yet. It also writes under which name run creates the Job, so that
// a copy of the Job does not count as one of this user.
func (i Identity) StampJob(meta *metav1.ObjectMeta) {
	i.Stamp(meta)
	if i.Name != "" {
		SetCreatedAs(meta)
	}
}
