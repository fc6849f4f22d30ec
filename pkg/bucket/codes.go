package bucket

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// meant is what the codes of stores mean. In a text, {profile}, {region}, {doing} and {said}
// stand for what their names say.
var meant = map[string]string{ //nolint:gochecknoglobals // read only
	"NoSuchBucket":           "there is no such bucket",
	"InvalidAccessKeyId":     "the store does not know the access key of profile {profile}, or of the environment",
	"SignatureDoesNotMatch":  "the secret key of profile {profile}, or of the environment, does not fit its access key ({said})",
	"ExpiredToken":           "the credentials of profile {profile} have expired: sign in again, such as by aws sso login",
	"RequestTimeTooSkewed":   "the clock of this machine, or of the store, is wrong by more than a quarter of an hour",
	"AccessDenied":           "{doing} is refused to profile {profile}, or to the environment's key ({said})",
	"SlowDown":               "{doing}: the store is too busy ({said})",
	"InsufficientStorage":    "{doing}: the store has no room left ({said})",
	"outdated in a pod":      "the store takes what pods ask of it for outdated, or for something of the future ({said}): is the clock of this machine right?",
	"signature in a pod":     "the store that pods reach refuses a signature that this machine makes use of itself ({said}): is it the same store, and does nothing between it and the pods change the host or the path of what they ask?",
	"PermanentRedirect":      "it is in another region than {region}: --region says which ({said})",
	"unreachable from a pod": "pods cannot reach the store ({said}): --in-cluster-endpoint-url says where they can, and without a bucket the files come directly",
	"untrusted in a pod":     "pods do not trust the certificate of the store ({said}): AWS_CA_BUNDLE, or ca_bundle of the profile, names the file with its CA",
	"away from a pod":        "pods cannot reach the store any more ({said})",
	"unreachable":            "the store cannot be reached from this machine ({said})",
	"":                       "{doing} failed: {said}",
}

// same are codes that mean what another does.
var same = map[string]string{ //nolint:gochecknoglobals // read only
	"XAdminUserNotFound": "InvalidAccessKeyId", "Forbidden": "AccessDenied",
	"ExpiredTokenException": "ExpiredToken", "InvalidToken": "ExpiredToken", "TokenRefreshRequired": "ExpiredToken",
	"ServiceUnavailable": "SlowDown", "RequestLimitExceeded": "SlowDown", "Throttling": "SlowDown",
	"QuotaExceeded": "InsufficientStorage", "XMinioStorageFull": "InsufficientStorage",
	"AuthorizationHeaderMalformed": "PermanentRedirect", "IllegalLocationConstraintException": "PermanentRedirect",
}

// aged matches what stores say of a pre-signed request that was made too late, or too early.
var aged = regexp.MustCompile(`(?i)expired|not valid yet|not yet valid`)

// code is the store's word, or the usual one for what it means.
func (r *Refusal) code() string { return cmp.Or(same[r.Code], r.Code) }

// Outdated reports whether the same request, signed now, may be carried out.
func (r *Refusal) Outdated() bool {
	return r.code() == "ExpiredToken" || r.Status == http.StatusForbidden && strings.Contains(r.Message, "expired")
}

// kind is the key of meant.
func (r *Refusal) kind() string {
	code, pod := r.code(), r.ofPods()
	switch {
	case r.InPod && pod != "":
		return pod
	case meant[code] != "" && code != "":
		return code
	case r.Unreachable:
		return "unreachable"
	case r.Status == http.StatusForbidden:
		return "AccessDenied"
	}
	return ""
}

// ofPods is kind for what only a pod can meet; empty for all else.
func (r *Refusal) ofPods() string {
	switch code := r.code(); {
	case r.known && (code == "SignatureDoesNotMatch" || code == "InvalidAccessKeyId"):
		return "signature in a pod"
	case r.Status == http.StatusForbidden && aged.MatchString(r.Message):
		return "outdated in a pod"
	case r.Unreachable && untrusted(r.Message):
		return "untrusted in a pod"
	case r.Unreachable && r.Before:
		return "away from a pod"
	case r.Unreachable:
		return "unreachable from a pod"
	}
	return ""
}

// sentence says what a refusal means and what to do.
func (s *Store) sentence(doing string, r Refusal) string {
	said := r.Message
	if r.Code != "" {
		said = r.Code + ": " + r.Message
	}
	if r.Region != "" && r.Region != s.Region() && (r.Code == "" || meant[r.code()] == "" || r.code() == "PermanentRedirect") {
		return fmt.Sprintf("it is in region %s: --region=%s", r.Region, r.Region)
	}
	text := meant[r.kind()]
	return strings.NewReplacer("{profile}", strconv.Quote(s.profile), "{region}", strconv.Quote(s.Region()), "{doing}", doing, "{said}", said).Replace(text)
}
