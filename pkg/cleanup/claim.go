package cleanup

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

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/follow"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// Volumes says which results claims go too: of those that run made, that of a
// chosen job, and those whose job is gone.
type Volumes struct {
	// Delete them at all.
	Delete bool
	// Discard those too whose results were not fetched.
	Discard bool
	// Orphans takes claims whose job is gone; nil for none.
	Orphans func(Claim) bool
}

// Claim is a results claim that run made.
type Claim struct {
	Object

	// Size in bytes.
	Size int64
	// Job is the one that it was last given to; its Jobs those of the chosen that have it.
	Job  string
	Jobs []Job
	// Fetched is when its results were fetched; zero for never. Unused says that
	// nothing was ever written to it.
	Fetched time.Time
	Unused  bool
	Labels  labels.Set
	Owner   string
	Created time.Time
	// Vias are what fetches through a bucket have there, by their ids; mostly nil.
	Vias map[string]volume.Via
	// Why it stays, empty where it goes.
	Why string
}

// ReduceClaim returns what is needed of a claim.
func ReduceClaim(claim *corev1.PersistentVolumeClaim) Claim {
	size := volume.Size(claim)
	fetched, _ := time.Parse(time.RFC3339, claim.Annotations[owner.FetchedAnnotation])
	return Claim{
		Object: Object{Kind: KindClaim, Name: claim.Name, Namespace: claim.Namespace, UID: claim.UID, Version: claim.ResourceVersion},
		Size:   size.Value(), Job: owner.JobOf(claim), Fetched: fetched, Unused: volume.Unused(claim),
		Labels: claim.Labels, Owner: claim.Annotations[owner.Annotation], Created: claim.CreationTimestamp.Time,
		Vias: volume.ViasOf(claim),
	}
}

// State says whether the results on a claim were fetched: yes, no, or empty.
func (c *Claim) State() string {
	switch {
	case c.Unused:
		return "empty"
	case c.Fetched.IsZero():
		return "no"
	}
	return "yes"
}

// Orphans returns the results claims of a namespace, "" for all, whose job is not
// among jobs.
func Orphans(ctx context.Context, client cluster.Interface, namespace, selector string, there func(namespace, job string) bool) (found []Claim, err error) {
	if selector != "" {
		selector = "," + selector
	}
	err = eachClaim(ctx, client, namespace, owner.Select(owner.ResultsComponent)+selector, func(claim *corev1.PersistentVolumeClaim) {
		if one := ReduceClaim(claim); !there(one.Namespace, one.Job) {
			found = append(found, one)
		}
	})
	return found, err
}

func eachClaim(ctx context.Context, client cluster.Interface, namespace, selector string, see func(*corev1.PersistentVolumeClaim)) error {
	claims := client.CoreV1().PersistentVolumeClaims(namespace)
	return follow.Each(ctx, claims, metav1.ListOptions{LabelSelector: selector}, func(claim *corev1.PersistentVolumeClaim) error {
		if claim.DeletionTimestamp == nil {
			see(claim)
		}
		return nil
	})
}

// claims adds the claims that go, and those that stay with the reason, to plan.
func (p *planner) claims(ctx context.Context, volumes Volumes, plan *Plan) error {
	there, err := p.users.ofJobs(ctx, p.client, p.namespace)
	if err != nil {
		return err
	}
	results := map[place][]Job{}
	for _, one := range p.chosen {
		for _, claim := range one.Claims {
			at := place{one.Namespace, claim}
			results[at] = append(results[at], one)
		}
	}
	return eachClaim(ctx, p.client, p.namespace, owner.Select(owner.ResultsComponent), func(found *corev1.PersistentVolumeClaim) {
		claim := ReduceClaim(found)
		claim.Jobs = results[place{claim.Namespace, claim.Name}]
		orphan := !there[place{claim.Namespace, claim.Job}] && volumes.Orphans != nil && volumes.Orphans(claim)
		if len(claim.Jobs) == 0 && !orphan {
			return
		}
		if claim.Why = p.why(claim, volumes.Discard); claim.Why != "" {
			plan.Kept = append(plan.Kept, claim)
		} else {
			plan.Claims = append(plan.Claims, claim)
		}
	})
}

// why returns why a claim has to stay, empty where it can go.
func (p *planner) why(claim Claim, discard bool) string {
	if by, ok := p.users.other(place{claim.Namespace, claim.Name}, p.chosen); ok {
		return by.what + " " + by.name + " uses it"
	}
	if discard || claim.Unused {
		return ""
	}
	if claim.Fetched.IsZero() {
		return unfetched
	}
	for _, one := range claim.Jobs {
		if !one.made && one.Finished.After(claim.Fetched) {
			return "job " + one.Name + " finished after its results were fetched"
		}
	}
	return ""
}

// unfetched is why a claim stays of which something could be lost.
const unfetched = "its results were not fetched"

// Summary says which claims stay, a line for each reason. fetch is what people type to
// fetch results.
func Summary(kept []Claim, fetch string) []string {
	by := map[string][]string{}
	for _, claim := range kept {
		by[claim.Why] = append(by[claim.Why], claim.Name)
	}
	var lines []string
	for _, why := range slices.Sorted(maps.Keys(by)) {
		lines = append(lines, fmt.Sprintf("Kept %s: %s: %s", count(len(by[why])), names(by[why]), why))
		if why == unfetched {
			lines[len(lines)-1] += " (" + fetch + " does it, --discard-unfetched loses them)"
		}
	}
	return lines
}

func count(claims int) string {
	if claims == 1 {
		return "1 claim"
	}
	return fmt.Sprintf("%d claims", claims)
}

func names(all []string) string {
	if more := len(all) - namedAtMost; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(all[:namedAtMost], ", "), more)
	}
	return strings.Join(all, ", ")
}
