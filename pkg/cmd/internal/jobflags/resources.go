package jobflags

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
)

// resourceFlags set requests and limits of the container.
type resourceFlags struct {
	CPU, Memory      string
	GPU              *int32
	GPUResource      string
	GPUTypes         []string
	Requests, Limits []string
}

func (o *resourceFlags) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&o.CPU, "cpu", "", "CPU request and limit, a `QUANTITY` such as 4 or 500m")
	flags.StringVar(&o.Memory, "memory", "", "Memory request and limit, a `QUANTITY` such as 16Gi")
	flagvalue.AddOptionalNumber(flags, &o.GPU, "gpu", 0, "`NUMBER` of GPUs, as request and limit (default: 0, or that of the original job)")
	flags.StringVar(&o.GPUResource, "gpu-resource", string(spec.GPUResource), "Resource that --gpu requests, such as nvidia.com/mig-1g.5gb or amd.com/gpu")
	flags.StringArrayVar(&o.GPUTypes, "gpu-type", nil, "Required GPU model, as in the node label nvidia.com/gpu.product (repeatable: any of them)")
	flags.StringArrayVar(&o.Requests, "request", nil, "Request for any other resource, as `NAME=QUANTITY` (repeatable)")
	flags.StringArrayVar(&o.Limits, "limit", nil, "Limit of any other resource, as `NAME=QUANTITY` (repeatable)")
}

func (o *resourceFlags) parse(p *parser) error {
	both, err := o.parseBoth()
	if err != nil {
		return err
	}
	c := &p.job.Spec.Container
	c.GPUs = o.GPU != nil
	if c.Requests, err = parseQuantities(both, "--request", o.Requests); err != nil {
		return err
	}
	if c.Limits, err = parseQuantities(both, "--limit", o.Limits); err != nil {
		return err
	}
	if p.job.Base.IsNewJob() {
		if err := spec.CheckResources(corev1.ResourceRequirements{Requests: c.Requests, Limits: c.Limits}); err != nil {
			return err
		}
	}
	return o.parseGPUTypes(p)
}

// parseBoth returns the quantities that are both request and limit.
func (o *resourceFlags) parseBoth() (corev1.ResourceList, error) {
	list := corev1.ResourceList{}
	if o.CPU != "" {
		amount, err := quantity.CPUs("--cpu", o.CPU)
		if err != nil {
			return nil, err
		}
		list[corev1.ResourceCPU] = amount
	}
	if o.Memory != "" {
		amount, err := quantity.Bytes("--memory", o.Memory)
		if err != nil {
			return nil, err
		}
		list[corev1.ResourceMemory] = amount
	}
	if problems := validation.IsQualifiedName(o.GPUResource); len(problems) > 0 || !spec.IsExtendedResource(corev1.ResourceName(o.GPUResource)) {
		return nil, fmt.Errorf("invalid value %q for --gpu-resource: must be a resource name with a domain, such as amd.com/gpu", o.GPUResource)
	}
	if o.GPUResource != string(spec.GPUResource) && o.GPU == nil {
		return nil, errors.New("--gpu-resource requires --gpu")
	}
	if o.GPU != nil && *o.GPU > 0 {
		list[corev1.ResourceName(o.GPUResource)] = *resource.NewQuantity(int64(*o.GPU), resource.DecimalSI)
	}
	return list, nil
}

// parseQuantities adds NAME=QUANTITY pairs to a copy of list. It returns nil for an empty list.
func parseQuantities(list corev1.ResourceList, flag string, pairs []string) (corev1.ResourceList, error) {
	list = list.DeepCopy()
	for _, text := range pairs {
		name, amount, ok := strings.Cut(text, "=")
		if problems := validation.IsQualifiedName(name); !ok || len(problems) > 0 {
			return nil, fmt.Errorf("invalid value %q for %s: must be NAME=QUANTITY, such as ephemeral-storage=20Gi", text, flag)
		}
		if !spec.IsContainerResource(corev1.ResourceName(name)) {
			return nil, fmt.Errorf("invalid value %q for %s: unknown resource %q; must be cpu, memory, ephemeral-storage, hugepages-SIZE or a name with a domain", text, flag, name)
		}
		parsed, err := parseQuantity(flag+" "+name, corev1.ResourceName(name), amount)
		if err != nil {
			return nil, err
		}
		list[corev1.ResourceName(name)] = parsed
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list, nil
}

// parseQuantity parses a quantity of one resource.
func parseQuantity(flag string, name corev1.ResourceName, text string) (resource.Quantity, error) {
	switch name {
	case corev1.ResourceCPU:
		return quantity.CPUs(flag, text)
	case corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return quantity.Bytes(flag, text)
	default:
		return quantity.Amount(flag, text, "4, 500m or 10Gi")
	}
}

func (o *resourceFlags) parseGPUTypes(p *parser) error {
	for _, product := range o.GPUTypes {
		if problems := validation.IsValidLabelValue(product); product == "" || len(problems) > 0 {
			return fmt.Errorf("invalid value %q for --gpu-type: must be a value of the node label nvidia.com/gpu.product, such as NVIDIA-A100-SXM4-80GB", product)
		}
	}
	if o.GPU != nil && *o.GPU == 0 && len(o.GPUTypes) > 0 {
		return errors.New("--gpu-type and --gpu=0 are mutually exclusive")
	}
	p.job.Spec.Scheduling.GPUTypes = o.GPUTypes
	p.job.Spec.Scheduling.NoGPU = o.GPU != nil && *o.GPU == 0
	return nil
}
