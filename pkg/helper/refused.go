package helper

import (
	"errors"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// refused reports whether err is the cluster's own answer, so that nothing was made.
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

// aboutRequest reports whether a LimitRange refused a pod because it requests too
// little CPU, by itself or beside its limit.
func aboutRequest(err error) bool {
	return apierrors.IsForbidden(err) && has(err, "minimum cpu usage per", "cpu max limit to request ratio per")
}

// aboutRoom reports whether a quota or a LimitRange refused a pod at all.
func aboutRoom(err error) bool {
	return apierrors.IsForbidden(err) && has(err, "exceeded quota", "failed quota", "usage per Container", "usage per Pod")
}

// aboutImage reports whether a policy refused the image: a webhook, or the
// image policy of the API server.
func aboutImage(err error) bool {
	return denied(err) && has(err, "image", "Image", "registry", "Registry")
}

// aboutUser reports whether admission, and not missing rights, refused a pod.
func aboutUser(err error) bool {
	return denied(err) && !aboutRoom(err) && !has(err, "cannot create resource", "being terminated")
}

// denied reports whether a pod was refused. A webhook without a code of its own
// answers with 400, a ValidatingAdmissionPolicy with 422.
func denied(err error) bool {
	return apierrors.IsForbidden(err) || has(err, "denied the request", "denied request")
}

func has(err error, texts ...string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(err.Error(), text) })
}
