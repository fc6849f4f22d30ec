package s3

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// meant has the message for each error code. In a message, {profile}, {region}, {doing} and {said} are
// replaced by the profile, the region, the failed operation and the text of the store.
var meant = map[string]string{ //nolint:gochecknoglobals // read only
	"NoSuchBucket":           "the bucket does not exist",
	"InvalidAccessKeyId":     "the store does not know the access key of profile {profile} or of the environment",
	"SignatureDoesNotMatch":  "the secret key of profile {profile} or of the environment does not match its access key ({said})",
	"ExpiredToken":           "the credentials of profile {profile} have expired; sign in again, for example with \"aws sso login\"",
	"RequestTimeTooSkewed":   "the clocks of this machine and of the store differ by more than 15 minutes",
	"AccessDenied":           "profile {profile}, or the access key of the environment, is not allowed to {doing} ({said})",
	"SlowDown":               "cannot {doing}: the store is too busy ({said})",
	"InsufficientStorage":    "cannot {doing}: the store has no space left ({said})",
	"outdated in a pod":      "the store rejected the pre-signed request of a pod as expired or not yet valid ({said}); check this machine's clock",
	"signature in a pod":     "the store rejected the signature of a request from a pod, but accepts it from this machine ({said}); check that both reach the same store and that no proxy changes the host or the path of requests from pods",
	"PermanentRedirect":      "the bucket is in another region than {region} ({said}); set its region with --region",
	"unreachable from a pod": "pods cannot reach the store ({said}); set --in-cluster-endpoint-url to a URL that pods can reach, or fetch without a bucket",
	"untrusted in a pod":     "pods do not trust the certificate of the store ({said}); set AWS_CA_BUNDLE, or ca_bundle in the profile, to the file with its CA",
	"away from a pod":        "pods can no longer reach the store ({said})",
	"unreachable":            "this machine cannot reach the store ({said})",
	"":                       "cannot {doing}: {said}",
}

// synonyms are codes with the same meaning as another code.
var synonyms = map[string]string{ //nolint:gochecknoglobals // read only
	"XAdminUserNotFound": "InvalidAccessKeyId", "Forbidden": "AccessDenied",
	"ExpiredTokenException": "ExpiredToken", "InvalidToken": "ExpiredToken", "TokenRefreshRequired": "ExpiredToken",
	"ServiceUnavailable": "SlowDown", "RequestLimitExceeded": "SlowDown", "Throttling": "SlowDown",
	"QuotaExceeded": "InsufficientStorage", "XMinioStorageFull": "InsufficientStorage",
	"AuthorizationHeaderMalformed": "PermanentRedirect", "IllegalLocationConstraintException": "PermanentRedirect",
}

// aged matches the messages of stores for a pre-signed request that is expired or not yet valid.
var aged = regexp.MustCompile(`(?i)expired|not valid yet|not yet valid`)

// code returns the store's error code, or the usual code with the same meaning.
func (r *Refusal) code() string { return cmp.Or(synonyms[r.Code], r.Code) }

// Outdated reports whether the request may succeed with a new signature.
func (r *Refusal) Outdated() bool {
	return r.code() == "ExpiredToken" || r.Status == http.StatusForbidden && strings.Contains(r.Message, "expired")
}

// kind returns the key in meant.
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

// ofPods returns the kind of a problem that only pods can have; "" for others.
func (r *Refusal) ofPods() string {
	switch code := r.code(); {
	case r.localAccepted && (code == "SignatureDoesNotMatch" || code == "InvalidAccessKeyId"):
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

// sentence returns the meaning of a refusal and what the user can do.
func (s *Store) sentence(doing string, r Refusal) string {
	detail := r.Message
	if r.Code != "" {
		detail = r.Code + ": " + r.Message
	}
	if r.Region != "" && r.Region != s.Region() && (r.Code == "" || meant[r.code()] == "" || r.code() == "PermanentRedirect") {
		return fmt.Sprintf("the bucket is in region %s; use --region=%s", r.Region, r.Region)
	}
	text := meant[r.kind()]
	return strings.NewReplacer("{profile}", strconv.Quote(s.profile), "{region}", strconv.Quote(s.Region()), "{doing}", doing, "{said}", detail).Replace(text)
}
