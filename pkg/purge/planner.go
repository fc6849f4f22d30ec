package purge

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// planner collects the dependents of the chosen jobs.
type planner struct {
	client     clients.Interface
	namespace  string
	chosen     map[types.UID]Job
	dependents map[types.UID][]Object
	users      users
	// ephemeral are the claims that go with the pods of a chosen job.
	ephemeral map[types.UID][]string
}

// pods finds the pods of the chosen jobs, and the users of each claim.
func (p *planner) pods(ctx context.Context) error {
	err := watcher.Each(ctx, p.client.CoreV1().Pods(p.namespace), metav1.ListOptions{}, func(pod *corev1.Pod) error {
		p.users.ofPod(pod)
		p.ofEphemeral(pod)
		if owner := jobOf(pod); owner != "" {
			p.add(owner, Object{Kind: KindPod, Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID})
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing the pods of the jobs: %w", err)
	}
	return nil
}

func (p *planner) add(owner types.UID, object Object) {
	if _, ok := p.chosen[owner]; ok {
		p.dependents[owner] = append(p.dependents[owner], object)
	}
}

// owned finds the objects that run created for chosen jobs only. If the user may not list them,
// the cluster's garbage collector deletes them, which is slower.
func owned[T watcher.Object, L runtime.Object](ctx context.Context, p *planner, client watcher.Client[L], kind Kind, component string) error {
	err := watcher.Each(ctx, client, metav1.ListOptions{LabelSelector: provenance.Select(component)}, func(object T) error {
		if owner, allChosen := p.owner(object); allChosen {
			p.add(owner, Object{Kind: kind, Name: object.GetName(), Namespace: object.GetNamespace(), UID: object.GetUID(), Version: object.GetResourceVersion()})
		}
		return nil
	})
	if apierrors.IsForbidden(err) {
		return nil
	}
	return err
}

// owner returns the first owner of object, and whether all of them are chosen jobs.
func (p *planner) owner(object metav1.Object) (uid types.UID, allChosen bool) {
	refs := object.GetOwnerReferences()
	for _, ref := range refs {
		if _, ok := p.chosen[ref.UID]; !ok {
			return "", false
		}
	}
	if len(refs) == 0 {
		return "", false
	}
	return refs[0].UID, true
}
