package spec

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// together requires that the pods of template run on the node of the pods that already have label,
// and adds label to them. The scheduler lets the first pod start: a pod that
// matches its own affinity needs no other pod. Pods that have ended do not count.
func together(template *corev1.PodTemplateSpec, label string) {
	metav1.SetMetaDataLabel(&template.ObjectMeta, label, "")
	affinity := affinityOf(&template.Spec)
	if affinity.PodAffinity == nil {
		affinity.PodAffinity = &corev1.PodAffinity{}
	}
	required := &affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if !slices.ContainsFunc(*required, byLabel(label)) {
		*required = append(*required, corev1.PodAffinityTerm{
			TopologyKey: corev1.LabelHostname, LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{label: ""}},
		})
	}
}

func byLabel(label string) func(corev1.PodAffinityTerm) bool {
	return func(term corev1.PodAffinityTerm) bool {
		if term.LabelSelector == nil {
			return false
		}
		_, has := term.LabelSelector.MatchLabels[label]
		return has
	}
}

// apart undoes together.
func apart(template *corev1.PodTemplateSpec, claim string) {
	label := provenance.ClaimLabel(claim)
	delete(template.Labels, label)
	affinity := template.Spec.Affinity
	if affinity == nil || affinity.PodAffinity == nil {
		return
	}
	required := &affinity.PodAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	*required = slices.DeleteFunc(*required, byLabel(label))
}

func affinityOf(pod *corev1.PodSpec) *corev1.Affinity {
	if pod.Affinity == nil {
		pod.Affinity = &corev1.Affinity{}
	}
	return pod.Affinity
}
