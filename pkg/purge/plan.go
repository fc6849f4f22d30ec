package purge

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Item is a job to delete, with its dependents.
type Item struct {
	Job

	With []Object
}

// Plan contains all objects to delete, and those that are kept although they were requested.
type Plan struct {
	Jobs   []Item
	Claims []Claim
	// Kept are claims that are kept, with the reason.
	Kept []Claim
	// Orphans are claims that were not requested and whose job no longer exists.
	Orphans []Claim
	// Held are jobs that are kept, because their results would be deleted with their pods.
	Held []Held

	// retryEvery is the pause before a deletion is retried: 1 s if zero.
	retryEvery time.Duration
}

// Make finds the dependents of the chosen jobs of a namespace, "" for all.
func Make(ctx context.Context, client clients.Interface, namespace string, chosen []Job, volumes Volumes) (*Plan, error) {
	p := &planner{client: client, namespace: namespace, chosen: map[types.UID]Job{}, dependents: map[types.UID][]Object{}, users: users{}, ephemeral: map[types.UID][]string{}}
	for _, job := range chosen {
		p.chosen[job.UID] = job
	}
	core := client.CoreV1()
	err := errors.Join(
		p.pods(ctx),
		owned[*corev1.ConfigMap](ctx, p, core.ConfigMaps(namespace), KindScript, provenance.ScriptComponent),
		owned[*corev1.Secret](ctx, p, core.Secrets(namespace), KindSecret, provenance.EnvComponent),
	)
	if err != nil {
		return nil, err
	}
	plan := &Plan{}
	if volumes.Delete {
		if err := p.claims(ctx, volumes, plan); err != nil {
			return nil, err
		}
	}
	for _, job := range chosen {
		plan.Jobs = append(plan.Jobs, Item{job, p.dependents[job.UID]})
	}
	p.holdJobs(chosen, volumes, plan)
	return plan, nil
}

// Has reports whether a job is in the plan.
func (p *Plan) Has(namespace, name string) bool {
	return slices.ContainsFunc(p.Jobs, func(item Item) bool { return item.Namespace == namespace && item.Name == name })
}

// Exclude removes a job from the plan, and the claims of its results; false if the job
// is not in the plan.
func (p *Plan) Exclude(namespace, name string) bool {
	is := func(job Job) bool { return job.Namespace == namespace && job.Name == name }
	count := len(p.Jobs)
	p.Jobs = slices.DeleteFunc(p.Jobs, func(item Item) bool { return is(item.Job) })
	p.Claims = slices.DeleteFunc(p.Claims, func(claim Claim) bool {
		return slices.ContainsFunc(claim.Jobs, is) || claim.Namespace == namespace && claim.Job == name
	})
	return len(p.Jobs) < count
}
