package fetch

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer"
	"github.com/kubectl-batch/kubectl-batch/pkg/transfer/tarsource"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// place is where the volume is read: in a helper pod, or in the job's own pod
// where no other may mount it. It is decided anew for each stream, so that a
// helper that was lost is made again.
type place struct {
	options *Options
	from    *found
	session *helper.Session
	said    bool
}

func (o *Options) newPlace(from *found) *place {
	spec := helper.Spec{
		Namespace: o.namespace, Claim: from.claim.Name, SubPath: from.SubPath, Parent: helper.ParentOf(from.job),
		Image: o.image, CPU: o.cpu, Memory: o.memory, Owner: o.me, Job: from.claim.Labels[owner.JobLabel],
	}
	var template corev1.PodSpec
	if from.job != nil {
		template, spec.Job = from.job.Spec.Template.Spec, from.job.Name
	}
	spec.Tolerations, spec.PullSecrets = template.Tolerations, template.ImagePullSecrets
	spec.Identity = helper.IdentityOf(template, from.Container, from.pods, from.claim.Annotations[owner.UserAnnotation])
	return &place{options: o, from: from, session: helper.NewSession(o.client, spec, o.factory.Say)}
}

// Open implements transfer.Source.
func (p *place) Open(ctx context.Context, paths []string) (transfer.Stream, error) {
	at, root, err := p.locate(ctx)
	if err != nil {
		if follow.Passing(err) {
			return nil, &transfer.LostError{Cause: err}
		}
		return nil, err
	}
	here := func(context.Context) (transport.Container, error) { return at, nil }
	stream, err := tarsource.New(p.options.executor, here, root).Open(ctx, paths)
	if _, lacks := errors.AsType[*tarsource.NoToolsError](err); lacks {
		return nil, fmt.Errorf("%w: --helper-image names one that has sh and tar", err)
	}
	return stream, err
}

// locate returns the container to read in, and the path of the volume there.
func (p *place) locate(ctx context.Context) (transport.Container, string, error) {
	users, err := volume.Users(ctx, p.options.client, p.options.namespace, p.from.claim.Name)
	if err != nil {
		return transport.Container{}, "", err
	}
	if volume.OnlyPod(p.from.claim) {
		if at, root, ok := p.inUser(users); ok {
			return at, root, nil
		}
	}
	node := ""
	for _, pod := range users {
		if volume.OnlyNode(p.from.claim) && node == "" {
			node = pod.Spec.NodeName
		}
	}
	at, err := p.session.Locate(ctx, node)
	return at, helper.MountPath, err
}

// inUser finds a running container that has the volume, as the job mounts it.
func (p *place) inUser(users []corev1.Pod) (transport.Container, string, bool) {
	for _, pod := range users {
		for _, m := range volume.MountsOf(pod.Spec) {
			if m.Claim != p.from.claim.Name || m.SubPath != p.from.SubPath || !running(pod, m.Container) {
				continue
			}
			if !p.said {
				p.options.factory.Say(fmt.Sprintf("Claim %s may be used by one pod only: reading it inside pod %s, which has it", p.from.claim.Name, pod.Name))
				p.said = true
			}
			return transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: m.Container}, m.Path, true
		}
	}
	return transport.Container{}, "", false
}

func running(pod corev1.Pod, container string) bool {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == container {
			return status.State.Running != nil
		}
	}
	return false
}
