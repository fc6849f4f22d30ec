package fetch

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/flagvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/labelvalue"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/quantity"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
)

// parseHelper parses the flags of the helper pod.
func (p *parser) parseHelper() (err error) {
	h := &p.request.Helper
	h.Image, h.Chosen = p.Image, p.Image != ""
	h.Keep = p.KeepHelper
	if h.Image == "" {
		h.Image = p.factory.HelperImage()
	}
	if h.CPU, err = quantity.CPUs("--helper-cpu", p.HelperCPU); err != nil {
		return err
	}
	if h.Memory, err = quantity.Bytes("--helper-memory", p.HelperMemory); err != nil {
		return err
	}
	if err := p.parseHelperTimeout(); err != nil {
		return err
	}
	return p.parseHelperObjects()
}

// parseHelperTimeout parses --helper-timeout. The default is no setting, so that the pod has no annotation for it.
func (p *parser) parseHelperTimeout() error {
	limit, err := flagvalue.ParseTimeLimit("--helper-timeout", p.HelperTimeout)
	switch {
	case err != nil:
		return err
	case limit < time.Second || limit > helper.Lifetime:
		return fmt.Errorf("invalid value %q for --helper-timeout: must be from 1s to %s", p.HelperTimeout, helper.Lifetime)
	case limit != helper.DefaultStartLimit:
		p.request.Helper.StartLimit = limit
	}
	return nil
}

// parseHelperObjects parses what the helper pod carries and refers to.
func (p *parser) parseHelperObjects() (err error) {
	h := &p.request.Helper
	if h.Labels, err = labelvalue.Parse("--helper-label", p.HelperLabels); err != nil {
		return err
	}
	if h.Annotations, err = labelvalue.Parse("--helper-annotation", p.HelperAnnotations); err != nil {
		return err
	}
	if p.HelperAccount != "" {
		if err := labelvalue.CheckObjectName("--helper-service-account", p.HelperAccount, p.HelperAccount); err != nil {
			return err
		}
	}
	h.ServiceAccount = p.HelperAccount
	for _, name := range p.HelperPullSecrets {
		if err := labelvalue.CheckObjectName("--helper-pull-secret", name, name); err != nil {
			return err
		}
		h.PullSecrets = append(h.PullSecrets, corev1.LocalObjectReference{Name: name})
	}
	return nil
}
