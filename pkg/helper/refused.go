package helper

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// refused reports whether err is a final response of the API server, so that nothing was created.
func refused(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && !watcher.Passing(err)
}

// aboutSize reports whether a quota or a LimitRange refused a pod for being too
// large; the API has no code for it (plugin/pkg/admission of Kubernetes).
func aboutSize(err error) bool {
	text := err.Error()
	quota := strings.Contains(text, "exceeded quota") && (strings.Contains(text, "cpu") || strings.Contains(text, "memory"))
	return apierrors.IsForbidden(err) && (quota || strings.Contains(text, "maximum cpu usage") || strings.Contains(text, "maximum memory usage"))
}

// aboutRequest reports whether a LimitRange refused a pod because its CPU request is too
// small, absolutely or relative to its limit.
func aboutRequest(err error) bool {
	return apierrors.IsForbidden(err) && containsAny(err, "minimum cpu usage per", "cpu max limit to request ratio per")
}

// aboutRoom reports whether a quota or a LimitRange refused a pod for any reason.
func aboutRoom(err error) bool {
	return apierrors.IsForbidden(err) && containsAny(err, "exceeded quota", "failed quota", "usage per Container", "usage per Pod")
}

// aboutImage reports whether a policy refused the image: a webhook, or the
// image policy of the API server.
func aboutImage(err error) bool {
	return denied(err) && containsAny(err, "image", "Image", "registry", "Registry")
}

// minimum matches the refusal of a LimitRange that demands more (plugin/pkg/admission/limitranger of Kubernetes).
var minimum = regexp.MustCompile(`minimum (cpu|memory|ephemeral-storage) usage per (?:Container|Pod) is ([0-9]+(?:\.[0-9]+)?[A-Za-z]*)`)

// requiresSpace reports whether a quota refused a pod because it has no limit of ephemeral storage.
func requiresSpace(err error) bool {
	return apierrors.IsForbidden(err) && unspecifiedSpace.MatchString(err.Error())
}

var unspecifiedSpace = regexp.MustCompile(`must specify .*ephemeral-storage`)

// exceedsSpace reports whether a quota or a LimitRange refused a pod because its limit of ephemeral storage is too large.
func exceedsSpace(err error) bool {
	text := err.Error()
	quota := strings.Contains(text, "exceeded quota") && strings.Contains(text, "ephemeral-storage")
	return apierrors.IsForbidden(err) && (quota || strings.Contains(text, "maximum ephemeral-storage usage"))
}

// aboutReadOnly reports whether text, a refusal or an event, says that a volume cannot be mounted read-only.
func aboutReadOnly(text string) bool {
	return readOnly.MatchString(text) && !strings.Contains(text, "readOnlyRootFilesystem")
}

var readOnly = regexp.MustCompile(`(?i)read-?\s?only`)

// aboutUser reports whether admission refused a pod for another reason than missing rights, quotas, the namespace, or
// labels and annotations.
func aboutUser(err error) bool {
	return denied(err) && !aboutRoom(err) && !aboutMetadata(err) && !containsAny(err, "cannot create resource", "being terminated")
}

// aboutMetadata reports whether a refusal names labels or annotations, and no user.
func aboutMetadata(err error) bool {
	return containsAny(err, "label", "annotation") && !containsAny(err, "user", "User", "root", "Root", "UID", "runAs")
}

// denied reports whether admission refused a pod. Without a code of its own, a webhook
// answers with 400 and a ValidatingAdmissionPolicy with 422.
func denied(err error) bool {
	return apierrors.IsForbidden(err) || containsAny(err, "denied the request", "denied request")
}

func containsAny(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
}
