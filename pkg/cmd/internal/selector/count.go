package selector

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
)

// In describes where jobs were searched: a namespace, or metav1.NamespaceAll.
func In(namespace string) string {
	if namespace == metav1.NamespaceAll {
		return "in any namespace"
	}
	return fmt.Sprintf("in namespace %q", namespace)
}

// mostNamespaces are named: a question of many lines is not read.
const mostNamespaces = 20

// CountByNamespace is the number of jobs in each namespace, such as "3 jobs (2 in a, 1 in b)".
func CountByNamespace[T metav1.Object](jobs []T) string {
	counts := map[string]int{}
	for _, object := range jobs {
		counts[object.GetNamespace()]++
	}
	return plural.Count(len(jobs), "job") + ByNamespace(counts)
}

// ByNamespace lists counts of namespaces in parentheses; empty without any.
func ByNamespace(counts map[string]int) string {
	var parts []string
	for _, namespace := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s in %s", humanize.Comma(int64(counts[namespace])), namespace))
	}
	if omitted := len(parts) - mostNamespaces; omitted > 0 {
		parts = append(parts[:mostNamespaces], "the rest in "+plural.Count(omitted, "more namespace"))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
