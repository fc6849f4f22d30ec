package spec

import (
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// gpuProduct is the label that NVIDIA's feature discovery puts on nodes
// (https://github.com/NVIDIA/k8s-device-plugin, docs/gpu-feature-discovery).
const gpuProduct = "nvidia.com/gpu.product"

// Scheduling determines the nodes that the pods may run on.
type Scheduling struct {
	NodeSelector map[string]string
	Tolerations  []corev1.Toleration
	// GPUTypes are values of the node label nvidia.com/gpu.product; any of them will do.
	GPUTypes []string
	// NoGPU lets the pods run on nodes of any GPU, and of none.
	NoGPU bool
	// Spread distributes the pods of the job over as many nodes as possible.
	Spread bool
}

func (s Scheduling) applyTo(job *batchv1.Job) {
	pod := &job.Spec.Template.Spec
	pod.NodeSelector = merged(pod.NodeSelector, s.NodeSelector)
	pod.Tolerations = append(pod.Tolerations, s.Tolerations...)
	switch {
	case len(s.GPUTypes) > 0:
		onNodesWith(pod, gpuProduct, s.GPUTypes)
	case s.NoGPU:
		onAnyNode(pod, gpuProduct)
	}
	if s.Spread && !slices.ContainsFunc(pod.TopologySpreadConstraints, overNodes) {
		pod.TopologySpreadConstraints = append(pod.TopologySpreadConstraints, corev1.TopologySpreadConstraint{
			MaxSkew: 1, TopologyKey: corev1.LabelHostname, WhenUnsatisfiable: corev1.ScheduleAnyway,
			LabelSelector: &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.JobNameLabel: job.Name}},
		})
	}
}

// overNodes reports whether a constraint has the kind that --spread creates: there
// can be only one.
func overNodes(c corev1.TopologySpreadConstraint) bool {
	return c.TopologyKey == corev1.LabelHostname && c.WhenUnsatisfiable == corev1.ScheduleAnyway
}

// respread has the constraints that count the pods of job by its name count them
// by the one that it is about to get.
func respread(job *batchv1.Job, name string) {
	for _, constraint := range job.Spec.Template.Spec.TopologySpreadConstraints {
		if s := constraint.LabelSelector; s != nil && s.MatchLabels[batchv1.JobNameLabel] == job.Name {
			s.MatchLabels[batchv1.JobNameLabel] = name
		}
	}
}

// onNodesWith requires one of values of a node label. Existing terms
// are alternatives, so each of them gets the requirement.
func onNodesWith(pod *corev1.PodSpec, label string, values []string) {
	affinity := affinityOf(pod)
	if affinity.NodeAffinity == nil {
		affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	required := &affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if *required == nil {
		*required = &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{}}}
	}
	requirement := corev1.NodeSelectorRequirement{Key: label, Operator: corev1.NodeSelectorOpIn, Values: values}
	for i := range (*required).NodeSelectorTerms {
		term := &(*required).NodeSelectorTerms[i]
		term.MatchExpressions = append(slices.DeleteFunc(term.MatchExpressions, about(label)), requirement)
	}
}

// onAnyNode reverts onNodesWith. It also removes a term without other requirements, because an
// empty term would match no node.
func onAnyNode(pod *corev1.PodSpec, label string) {
	if pod.Affinity == nil || pod.Affinity.NodeAffinity == nil || pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return
	}
	required := &pod.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	terms := (*required).NodeSelectorTerms
	for i := range terms {
		terms[i].MatchExpressions = slices.DeleteFunc(terms[i].MatchExpressions, about(label))
	}
	if slices.ContainsFunc(terms, asksNothing) {
		*required = nil // terms are alternatives, and one of them takes every node
	}
}

func about(label string) func(corev1.NodeSelectorRequirement) bool {
	return func(r corev1.NodeSelectorRequirement) bool { return r.Key == label }
}

func asksNothing(term corev1.NodeSelectorTerm) bool {
	return len(term.MatchExpressions)+len(term.MatchFields) == 0
}

// ParseToleration reads key[=value][:Effect], as kubectl taint writes taints;
// without an effect all effects are tolerated.
func ParseToleration(text string) (corev1.Toleration, error) {
	taint, effect, hasEffect := strings.Cut(text, ":")
	key, value, hasValue := strings.Cut(taint, "=")
	if problems := validation.IsQualifiedName(key); len(problems) > 0 {
		return corev1.Toleration{}, fmt.Errorf("invalid taint key %q: %s", key, spelling.Rule(problems))
	}
	if problems := validation.IsValidLabelValue(value); len(problems) > 0 {
		return corev1.Toleration{}, fmt.Errorf("invalid taint value %q: %s", value, spelling.Rule(problems))
	}
	effects := []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}
	if hasEffect && !slices.Contains(effects, corev1.TaintEffect(effect)) {
		return corev1.Toleration{}, fmt.Errorf("invalid effect %q: must be NoSchedule, PreferNoSchedule or NoExecute", effect)
	}
	t := corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffect(effect)}
	if hasValue {
		t.Operator, t.Value = corev1.TolerationOpEqual, value
	}
	return t, nil
}
