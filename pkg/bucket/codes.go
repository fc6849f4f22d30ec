package bucket

import (
	"cmp"
	"fmt"
	"net/http"
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
	"PermanentRedirect":      "it is in another region than {region}: --region says which ({said})",
	"unreachable from a pod": "pods cannot reach the store ({said}): --in-cluster-endpoint-url says where they can, and without a bucket the files come directly",
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

// kind is the key of meant.
func (r *Refusal) kind() string {
	code := cmp.Or(same[r.Code], r.Code)
	switch {
	case meant[code] != "" && code != "":
		return code
	case r.Unreachable && r.InPod && r.Before:
		return "away from a pod"
	case r.Unreachable && r.InPod:
		return "unreachable from a pod"
	case r.Unreachable:
		return "unreachable"
	case r.Status == http.StatusForbidden:
		return "AccessDenied"
	}
	return ""
}

// sentence says what a refusal means and what to do.
func (s *Store) sentence(doing string, r Refusal) string {
	said := r.Message
	if r.Code != "" {
		said = r.Code + ": " + r.Message
	}
	if r.Region != "" && r.Region != s.Region() && (r.Code == "" || meant[cmp.Or(same[r.Code], r.Code)] == "") {
		return fmt.Sprintf("it is in region %s: --region=%s", r.Region, r.Region)
	}
	text := meant[r.kind()]
	return strings.NewReplacer("{profile}", strconv.Quote(s.profile), "{region}", strconv.Quote(s.Region()), "{doing}", doing, "{said}", said).Replace(text)
}
