package submit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
)

// extended reports whether a resource is one that a device plugin offers.
func extended(name corev1.ResourceName) bool {
	domain, _, ok := strings.Cut(string(name), "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io")
}

func hugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// known reports whether a container can ask for a resource (as the API server's
// IsStandardContainerResourceName and IsExtendedResourceName have it).
func known(name corev1.ResourceName) bool {
	standard := []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}
	return slices.Contains(standard, name) || hugePages(name) || extended(name)
}

// checkResources refuses what the API server would: a request above its limit, and of
// what cannot be shared a part, or a request that is not the limit.
func checkResources(asked corev1.ResourceRequirements) error {
	for _, name := range slices.Sorted(maps.Keys(asked.Requests)) {
		request := asked.Requests[name]
		limit, limited := asked.Limits[name]
		switch {
		case limited && request.Cmp(limit) > 0:
			return fmt.Errorf("the request of %s for %s exceeds the limit of %s; %s", request.String(), name, limit.String(), both(name))
		case !extended(name) && !hugePages(name):
		case !limited || request.Cmp(limit) != 0:
			return fmt.Errorf("the request for %s must be equal to its limit; use only --limit=%s=%s", name, name, request.String())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(asked.Limits)) {
		if limit := asked.Limits[name]; extended(name) && !quantity.Whole(limit) {
			return fmt.Errorf("invalid quantity %s for %s: must be a whole number", limit.String(), name)
		}
		if err := checkPages(name, asked.Limits[name]); err != nil {
			return err
		}
	}
	return nil
}

// both says how request and limit of a resource are set alike.
func both(name corev1.ResourceName) string {
	switch name {
	case corev1.ResourceCPU, corev1.ResourceMemory:
		return fmt.Sprintf("use --%s to set both", name)
	default:
		return fmt.Sprintf("set them with --request=%s=QUANTITY and --limit=%s=QUANTITY", name, name)
	}
}

// checkPages refuses a part of a huge page.
func checkPages(name corev1.ResourceName, amount resource.Quantity) error {
	if !hugePages(name) {
		return nil
	}
	page, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
	if err != nil || page.Value() <= 0 || amount.Value()%page.Value() != 0 {
		return fmt.Errorf("invalid quantity %s for %s: must be a multiple of the page size", amount.String(), name)
	}
	return nil
}
