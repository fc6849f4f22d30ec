package helper

import (
	"errors"
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
