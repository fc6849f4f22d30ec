package jobflags

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// schedulingFlags select the nodes for the pods.
type schedulingFlags struct {
	NodeSelector, Tolerations []string
	Arch                      string
	Spread                    bool
}

func (o *schedulingFlags) addTo(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.NodeSelector, "node-selector", nil, "Required node label, as `KEY=VALUE` (repeatable)")
	flags.StringArrayVar(&o.Tolerations, "toleration", nil, "Node taint that the pods tolerate, as `KEY[=VALUE][:EFFECT]` (repeatable)")
	flags.StringVar(&o.Arch, "arch", "", "Required CPU architecture of the node, such as amd64 or arm64")
	flags.BoolVar(&o.Spread, "spread", false, "Spread the pods over as many nodes as possible")
}

func (o *schedulingFlags) parse(p *parser) error {
	s := &p.job.Spec.Scheduling
	var err error
	if s.NodeSelector, err = labelvalue.ParseLabels("--node-selector", o.NodeSelector); err != nil {
		return err
	}
	for _, text := range o.Tolerations {
		toleration, err := spec.ParseToleration(text)
		if err != nil {
			return fmt.Errorf("invalid value %q for --toleration: %w", text, err)
		}
		s.Tolerations = append(s.Tolerations, toleration)
	}
	s.Spread = o.Spread
	return o.parseArch(s)
}

// parseArch accepts the names of CPU architectures in Kubernetes, which are those of Go.
func (o *schedulingFlags) parseArch(s *spec.Scheduling) error {
	known := []string{"amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64"}
	aliases := map[string]string{"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}
	switch {
	case o.Arch == "":
		return nil
	case aliases[o.Arch] != "":
		return fmt.Errorf("invalid value %q for --arch; use %s", o.Arch, aliases[o.Arch])
	case !slices.Contains(known, o.Arch):
		return fmt.Errorf("invalid value %q for --arch: must be one of %s", o.Arch, strings.Join(known, ", "))
	}
	if s.NodeSelector == nil {
		s.NodeSelector = map[string]string{}
	}
	if other, ok := s.NodeSelector[corev1.LabelArchStable]; ok && other != o.Arch {
		return fmt.Errorf("--arch=%s and --node-selector=%s=%s are mutually exclusive", o.Arch, corev1.LabelArchStable, other)
	}
	s.NodeSelector[corev1.LabelArchStable] = o.Arch
	return nil
}
