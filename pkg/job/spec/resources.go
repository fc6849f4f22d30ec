package spec

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// IsExtendedResource reports whether a device plugin offers the resource, such as nvidia.com/gpu.
func IsExtendedResource(name corev1.ResourceName) bool {
	domain, _, ok := strings.Cut(string(name), "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io")
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// IsContainerResource reports whether a container can request the resource. The API server has the same
// rule in IsStandardContainerResourceName and IsExtendedResourceName.
func IsContainerResource(name corev1.ResourceName) bool {
	standard := []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage}
	return slices.Contains(standard, name) || isHugePages(name) || IsExtendedResource(name)
}

// IsWholeNumber reports whether amount is a whole number below what the API can hold.
func IsWholeNumber(amount resource.Quantity) bool {
	return amount.Cmp(*resource.NewQuantity(amount.Value(), resource.DecimalSI)) == 0 && amount.Value() < math.MaxInt64
}

// CheckResources returns an error for requests and limits that the API server rejects: a request above its
// limit, and for a resource that cannot be shared, a fraction, or a request that differs from the limit.
func CheckResources(resources corev1.ResourceRequirements) error {
	for _, name := range slices.Sorted(maps.Keys(resources.Requests)) {
		request := resources.Requests[name]
		limit, limited := resources.Limits[name]
		switch {
		case limited && request.Cmp(limit) > 0:
			return fmt.Errorf("the request of %s for %s exceeds the limit of %s; %s", request.String(), name, limit.String(), adviseBoth(name))
		case !IsExtendedResource(name) && !isHugePages(name):
		case !limited || request.Cmp(limit) != 0:
			return fmt.Errorf("the request for %s must be equal to its limit; use only --limit=%s=%s", name, name, request.String())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(resources.Limits)) {
		if limit := resources.Limits[name]; IsExtendedResource(name) && !IsWholeNumber(limit) {
			return fmt.Errorf("invalid quantity %s for %s: must be a whole number", limit.String(), name)
		}
		if err := checkHugePages(name, resources.Limits[name]); err != nil {
			return err
		}
	}
	return nil
}

// adviseBoth names the flags that set the request and the limit of a resource to the same quantity.
func adviseBoth(name corev1.ResourceName) string {
	switch name {
	case corev1.ResourceCPU, corev1.ResourceMemory:
		return fmt.Sprintf("use --%s to set both", name)
	default:
		return fmt.Sprintf("set them with --request=%s=QUANTITY and --limit=%s=QUANTITY", name, name)
	}
}

// checkHugePages returns an error for a fraction of a huge page.
func checkHugePages(name corev1.ResourceName, amount resource.Quantity) error {
	if !isHugePages(name) {
		return nil
	}
	page, err := resource.ParseQuantity(strings.TrimPrefix(string(name), corev1.ResourceHugePagesPrefix))
	if err != nil || page.Value() <= 0 || amount.Value()%page.Value() != 0 {
		return fmt.Errorf("invalid quantity %s for %s: must be a multiple of the page size", amount.String(), name)
	}
	return nil
}
