package purge

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

// Held is a job that is kept, because claims with its results would be deleted with its pods:
// claims of generic ephemeral volumes.
type Held struct {
	Job

	Volumes []string
}

// ofEphemeral remembers the claims that go with a pod of a chosen job and may hold results.
func (p *planner) ofEphemeral(pod *corev1.Pod) {
	owner := jobOf(pod)
	if _, ok := p.chosen[owner]; !ok || pod.DeletionTimestamp != nil {
		return
	}
	for _, m := range claim.MountsOfPod(pod) {
		if m.Pod != "" && !m.ReadOnly && !slices.Contains(p.ephemeral[owner], m.Claim) {
			p.ephemeral[owner] = append(p.ephemeral[owner], m.Claim)
		}
	}
}

// holdJobs removes the jobs from plan whose pods have the only copy of their results.
func (p *planner) holdJobs(chosen []Job, volumes Volumes, plan *Plan) {
	for _, job := range chosen {
		claims := p.ephemeral[job.UID]
		if len(claims) > 0 && !job.Record.Done(volumes.Viewer) && !volumes.Discard {
			plan.Exclude(job.Namespace, job.Name)
			plan.Held = append(plan.Held, Held{job, claims})
		}
	}
}
