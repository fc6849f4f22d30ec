package submit

import (
	"fmt"
	"slices"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// schedulingFlags are where the pods may run.
type schedulingFlags struct {
	NodeSelector, Tolerations []string
	Arch                      string
	Spread                    bool
}

func (o *schedulingFlags) addTo(flags *pflag.FlagSet) {
	flags.StringArrayVar(&o.NodeSelector, "node-selector", nil, "Only nodes with this label, as KEY=VALUE (repeatable)")
	flags.StringArrayVar(&o.Tolerations, "toleration", nil, "Also nodes with this taint, as KEY[=VALUE][:EFFECT] (repeatable)")
	flags.StringVar(&o.Arch, "arch", "", "Only nodes with this processor, such as amd64 or arm64")
	flags.BoolVar(&o.Spread, "spread", false, "Put the pods on as many nodes as there are")
}

func (o *schedulingFlags) parse(r *Request) error {
	s := &r.spec.Scheduling
	var err error
	if s.NodeSelector, err = parseLabels("--node-selector", o.NodeSelector); err != nil {
		return err
	}
	for _, text := range o.Tolerations {
		toleration, err := spec.ParseToleration(text)
		if err != nil {
			return fmt.Errorf("--toleration: %w", err)
		}
		s.Tolerations = append(s.Tolerations, toleration)
	}
	s.Spread = o.Spread
	return o.parseArch(s)
}

// parseArch takes the names that Kubernetes has for processors, which are Go's.
func (o *schedulingFlags) parseArch(s *spec.Scheduling) error {
	known := []string{"amd64", "arm64", "arm", "386", "ppc64le", "s390x", "riscv64"}
	meant := map[string]string{"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}
	switch {
	case o.Arch == "":
		return nil
	case meant[o.Arch] != "":
		return fmt.Errorf("--arch=%q: Kubernetes calls it %s", o.Arch, meant[o.Arch])
	case !slices.Contains(known, o.Arch):
		return fmt.Errorf("--arch=%q: amd64, arm64 or another of Kubernetes' names is expected", o.Arch)
	}
	if s.NodeSelector == nil {
		s.NodeSelector = map[string]string{}
	}
	if other, ok := s.NodeSelector[corev1.LabelArchStable]; ok && other != o.Arch {
		return fmt.Errorf("--arch=%q and --node-selector=%s=%s exclude each other", o.Arch, corev1.LabelArchStable, other)
	}
	s.NodeSelector[corev1.LabelArchStable] = o.Arch
	return nil
}
