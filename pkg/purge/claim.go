package purge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// Volumes determines which results claims are deleted, too: of the claims that run created, those of the
// chosen jobs, and those whose job no longer exists.
type Volumes struct {
	// Delete them at all.
	Delete bool
	// Discard includes claims whose results were not fetched.
	Discard bool
	// Viewer is the user whose fetches count.
	Viewer claim.Viewer
	// Orphans selects claims whose job no longer exists; nil for none.
	Orphans func(Claim) bool
}

// Claim is a results claim that run created.
type Claim struct {
	Object

	// Size in bytes.
	Size int64
	// Job is the job that it was last given to; Jobs are the chosen jobs that use it.
	Job  string
	Jobs []Job
	// Record tells whether its results were fetched, and who owns them.
	Record  claim.Record
	Labels  labels.Set
	Created time.Time
	// Vias are the objects that fetches have in buckets, by their ids; usually nil.
	Vias map[string]claim.Via
	// Why is the reason why it is kept; "" if it is deleted.
	Why string
	// Loss is the reason why its deletion loses results; "" if it loses none.
	Loss string
}

// ReduceClaim returns what is needed of a claim.
func ReduceClaim(pvc *corev1.PersistentVolumeClaim) Claim {
	size := claim.Size(pvc)
	return Claim{
		Object: Object{Kind: KindClaim, Name: pvc.Name, Namespace: pvc.Namespace, UID: pvc.UID, Version: pvc.ResourceVersion},
		Size:   size.Value(), Job: provenance.JobOf(pvc), Record: claim.RecordOfClaim(pvc),
		Labels: pvc.Labels, Created: pvc.CreationTimestamp.Time,
		Vias: claim.ViasOf(pvc),
	}
}

// ResultsClaims returns the results claims of a namespace, "" for all, that run created.
func ResultsClaims(ctx context.Context, client clients.Interface, namespace string) (claims []Claim, err error) {
	err = eachClaim(ctx, client, namespace, func(claim *corev1.PersistentVolumeClaim) { claims = append(claims, ReduceClaim(claim)) })
	return claims, err
}

func eachClaim(ctx context.Context, client clients.Interface, namespace string, see func(*corev1.PersistentVolumeClaim)) error {
	claims := client.CoreV1().PersistentVolumeClaims(namespace)
	return watcher.Each(ctx, claims, metav1.ListOptions{LabelSelector: provenance.Select(provenance.ResultsComponent)}, func(claim *corev1.PersistentVolumeClaim) error {
		if claim.DeletionTimestamp == nil && provenance.MadeResults(claim) { // the selector finds copies of claims too
			see(claim)
		}
		return nil
	})
}

// claims adds the claims to delete, and the claims to keep with the reason, to plan.
func (p *planner) claims(ctx context.Context, volumes Volumes, plan *Plan) error {
	existing, err := p.users.ofJobs(ctx, p.client, p.namespace)
	if err != nil {
		return err
	}
	results := map[place][]Job{}
	for _, job := range p.chosen {
		for _, claim := range job.Claims {
			key := place{job.Namespace, claim}
			results[key] = append(results[key], job)
		}
	}
	return eachClaim(ctx, p.client, p.namespace, func(object *corev1.PersistentVolumeClaim) {
		claim := ReduceClaim(object)
		claim.Jobs = results[place{claim.Namespace, claim.Name}]
		orphan := !existing[place{claim.Namespace, claim.Job}] && volumes.Orphans != nil && volumes.Orphans(claim)
		if len(claim.Jobs) == 0 && !orphan {
			return
		}
		claim.Loss = claim.loss(volumes.Viewer)
		if claim.Why = p.keepReason(claim, volumes.Discard); claim.Why != "" {
			plan.Kept = append(plan.Kept, claim)
		} else {
			plan.Claims = append(plan.Claims, claim)
		}
	})
}

// keepReason returns why a claim must be kept, "" if it can be deleted.
func (p *planner) keepReason(claim Claim, discard bool) string {
	if user, ok := p.users.otherUser(place{claim.Namespace, claim.Name}, p.chosen); ok {
		return user.uses()
	}
	if discard {
		return ""
	}
	return claim.Loss
}

// loss returns why the deletion of the claim loses results, "" if it loses none. A fetch covers the results of its
// job, and those of every job that had finished before.
func (c *Claim) loss(viewer claim.Viewer) string {
	fetch := c.Record.Fetch
	switch {
	case c.Record.Unused:
		return ""
	case fetch == nil:
		return unfetched
	case !c.Record.Done(viewer):
		return c.Record.ForeignFetchReason(viewer)
	}
	for _, job := range c.Jobs {
		if job.UID != fetch.Job && job.Finished.After(fetch.When) {
			return "job " + job.Name + " finished after the last fetch"
		}
	}
	return ""
}

// unfetched is the reason for claims with results that were not fetched.
const unfetched = "its results were not fetched"

// Summary lists the claims of a namespace, "" for all, that are kept, one line for each reason. fetch is the
// command that fetches results.
func Summary(claims []Claim, namespace, fetch string) []string {
	byReason := map[string][]Claim{}
	for _, claim := range claims {
		byReason[claim.Why] = append(byReason[claim.Why], claim)
	}
	var lines []string
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		lines = append(lines, fmt.Sprintf("Kept %s: %s: %s", plural.Count(len(byReason[reason]), "claim"), names(byReason[reason], namespace), Advice(byReason[reason][0], fetch)))
	}
	return lines
}

// Advice returns why claim is kept, and the command to run if its results were not fetched.
func Advice(claim Claim, fetch string) string {
	if claim.Why != unfetched {
		return claim.Why
	}
	return fmt.Sprintf("results not fetched; run \"%s NAME\", or use --discard-unfetched to delete them", fetch)
}

// Losses lists the results that the deletion of claims of a namespace, "" for all, loses, one sentence for
// each reason.
func Losses(going []Claim, namespace string) []string {
	byReason := map[string][]Claim{}
	for _, claim := range going {
		if claim.Loss != "" {
			byReason[claim.Loss] = append(byReason[claim.Loss], claim)
		}
	}
	var sentences []string
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		if reason == unfetched {
			sentences = append(sentences, "Results that were not fetched will be lost: "+names(byReason[reason], namespace))
			continue
		}
		sentences = append(sentences, fmt.Sprintf("Results will be lost: %s: %s", names(byReason[reason], namespace), reason))
	}
	return sentences
}

// names lists claims.
func names(claims []Claim, namespace string) string {
	var shown []string
	for _, claim := range claims[:min(len(claims), namedAtMost)] {
		shown = append(shown, claim.Shown(namespace))
	}
	if omitted := len(claims) - namedAtMost; omitted > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(shown, ", "), omitted)
	}
	return strings.Join(shown, ", ")
}
