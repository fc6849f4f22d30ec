// Package helperflags has the flags of the helper pod, and parses them.
package helperflags

import (
	"fmt"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/duration"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/results"
)

// Flags are the raw values of the flags.
type Flags struct {
	Image               string
	CPU, Memory         string
	Timeout             string
	Labels, Annotations []string
	ServiceAccount      string
	PullSecrets         []string
	Keep                bool
}

// AddTo declares the flags.
func (o *Flags) AddTo(flags *pflag.FlagSet) {
	flags.StringVar(&o.Image, "helper-image", "", "Image of the helper pod, with sh and tar, or \"job\" for the image of the job (default: $"+factory.HelperImageVariable+", else "+helper.DefaultImage+")")
	flags.StringVar(&o.CPU, "helper-cpu", results.DefaultHelperCPU, "CPU limit of the helper pod")
	flags.StringVar(&o.Memory, "helper-memory", results.DefaultHelperMemory, "Memory limit of the helper pod")
	flags.StringVar(&o.Timeout, "helper-timeout", helper.DefaultStartLimit.String(), "Stop if the helper pod does not start within `DURATION`, from 1s to 5h ("+duration.Forms+")")
	flags.StringArrayVar(&o.Labels, "helper-label", nil, "Set the label `KEY=VALUE` on the helper pod, such as kueue.x-k8s.io/queue-name=QUEUE (repeatable)")
	flags.StringArrayVar(&o.Annotations, "helper-annotation", nil, "Set the annotation `KEY=VALUE` on the helper pod (repeatable)")
	flags.StringVar(&o.ServiceAccount, "helper-service-account", "", "`SERVICEACCOUNT` of the helper pod (default: that of the job); the pod gets no token")
	flags.StringArrayVar(&o.PullSecrets, "helper-pull-secret", nil, "`SECRET` for pulling the helper image, in addition to those of the job (repeatable)")
	flags.BoolVar(&o.Keep, "keep-helper", false, "Keep the helper pod, so that your next fetch of the same claim with the same helper image reuses it; it ends when no fetch has used it for 2 minutes (with --transport=tar: 1 minute)")
}

// Parse returns the settings of the helper pod.
func (o *Flags) Parse(f *factory.Factory) (h results.Helper, err error) {
	h.Image, h.Chosen = o.Image, o.Image != ""
	h.Keep = o.Keep
	if h.Image == "" {
		h.Image = f.HelperImage()
	}
	if h.CPU, err = quantity.CPUs("--helper-cpu", o.CPU); err != nil {
		return h, err
	}
	if h.Memory, err = quantity.Bytes("--helper-memory", o.Memory); err != nil {
		return h, err
	}
	if err := o.parseTimeout(&h); err != nil {
		return h, err
	}
	return h, o.parseObjects(&h)
}

// parseTimeout parses --helper-timeout. The default is no setting, so that the pod has no annotation for it.
func (o *Flags) parseTimeout(h *results.Helper) error {
	limit, err := flagvalue.ParseTimeLimit("--helper-timeout", o.Timeout)
	switch {
	case err != nil:
		return err
	case limit < time.Second || limit > helper.Lifetime:
		return fmt.Errorf("invalid value %q for --helper-timeout: must be from 1s to %s", o.Timeout, helper.Lifetime)
	case limit != helper.DefaultStartLimit:
		h.StartLimit = limit
	}
	return nil
}

// parseObjects parses what the helper pod carries and refers to.
func (o *Flags) parseObjects(h *results.Helper) (err error) {
	if h.Labels, err = labelvalue.ParseLabels("--helper-label", o.Labels); err != nil {
		return err
	}
	if h.Annotations, err = labelvalue.ParseAnnotations("--helper-annotation", o.Annotations); err != nil {
		return err
	}
	if o.ServiceAccount != "" {
		if err := labelvalue.CheckObjectName("--helper-service-account", o.ServiceAccount, o.ServiceAccount); err != nil {
			return err
		}
	}
	h.ServiceAccount = o.ServiceAccount
	for _, name := range o.PullSecrets {
		if err := labelvalue.CheckObjectName("--helper-pull-secret", name, name); err != nil {
			return err
		}
		h.PullSecrets = append(h.PullSecrets, corev1.LocalObjectReference{Name: name})
	}
	return nil
}
