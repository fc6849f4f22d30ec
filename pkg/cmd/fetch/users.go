package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// find decides where to read, and how.
func (p *place) find(ctx context.Context) (*openWay, error) {
	if p.from.pod != nil {
		return p.inPod(), nil
	}
	return p.onClaim(ctx)
}

// onClaim decides where to read a claim: in a helper pod or, where there can be none, in a pod that has the claim.
func (p *place) onClaim(ctx context.Context) (*openWay, error) {
	if !embedded.Available() && (p.options.engine.Plan || needsAgent(p.options.engine.Transport)) {
		return p.without(transport.Container{}, errNoAgent)
	}
	users, err := claim.Users(ctx, p.options.client, p.options.namespace, p.from.claim.Name)
	if err != nil {
		return nil, err
	}
	if claim.OnlyPod(p.from.claim) {
		why := fmt.Sprintf("claim %s can be used by only one pod", p.from.claim.Name)
		if found, err := p.inUser(users, why); found != nil || err != nil {
			return found, err
		}
	}
	at, err := p.session.Locate(ctx, p.node(users))
	if none, ok := errors.AsType[*helper.NoPodError](err); ok {
		if found, failed := p.inUser(users, "no helper pod can be started: "+none.Reason); found != nil || failed != nil {
			return found, failed
		}
	}
	if err != nil {
		return nil, err
	}
	p.options.progress.Waiting("connecting to the helper pod")
	return p.inHelper(ctx, at)
}

// inPod reads an emptyDir volume, which no other pod can mount.
func (p *place) inPod() *openWay {
	pod := p.from.pod
	p.say(fmt.Sprintf("Note: reading %s inside the pod, because the volume is deleted with the pod; to keep the results of the next run, use run --results=SIZE", p.from.label()))
	return p.tar(transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: p.from.Container}, p.from.Path, "")
}

// node is where a new helper must run, "" for anywhere.
func (p *place) node(users []corev1.Pod) string {
	for _, pod := range users {
		if claim.OnlyNode(p.from.claim) && pod.Spec.NodeName != "" {
			return pod.Spec.NodeName
		}
	}
	return ""
}

// inUser reads in a running container that has the volume, as the job mounts it,
// with tar: nothing is put into a pod of somebody's. Nil where there is none.
func (p *place) inUser(users []corev1.Pod, why string) (*openWay, error) {
	for _, pod := range users {
		for _, m := range claim.MountsOfPod(&pod) {
			if m.Claim != p.from.claim.Name || m.SubPath != p.from.SubPath || !running(pod, m.Container) || m.Varies || isHelper(pod) {
				continue
			}
			if only := p.options.engine.Transport; needsAgent(only) {
				return nil, fmt.Errorf("--transport=%s requires a helper pod: %s; pod %s mounts the claim, but fetch does not install the agent in it", only, why, pod.Name)
			}
			if flag := p.options.throughBucket(); flag != "" {
				return nil, fmt.Errorf("%s requires a helper pod: %s; pod %s mounts the claim, but fetch does not install the agent in it%s", flag, why, pod.Name, p.options.orDirectly())
			}
			p.say(fmt.Sprintf("Note: %s; reading the files inside pod %s, which mounts the claim", why, pod.Name))
			return p.tar(transport.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: m.Container}, m.Path, ""), nil
		}
	}
	return nil, nil
}

func isHelper(pod corev1.Pod) bool { return helper.Shaped(&pod) }

func running(pod corev1.Pod, container string) bool {
	for _, status := range slices.Concat(pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses) {
		if status.Name == container {
			return status.State.Running != nil
		}
	}
	return false
}
