package purge

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// Selection selects finished jobs to delete.
type Selection struct {
	// Selection is by state, name and age. The newest are counted before the age.
	job.Selection

	// Keep is how many of the newest jobs are kept, in each namespace and group.
	Keep int
	// Fetched selects only jobs whose results Viewer need not fetch any more, or that had none.
	Fetched bool
	Viewer  claim.Viewer
	// Owned includes jobs that something else manages.
	Owned bool
}

// Left counts the requested jobs that are kept, by what manages them.
type Left map[string]int

// Of returns the jobs to delete, in their order, and counts those that
// are kept only because something else manages them.
func (s Selection) Of(jobs []Job, currentTime time.Time) (chosen []Job, skipped Left) {
	skipped = Left{}
	jobs = slices.DeleteFunc(jobs, func(job Job) bool { return !s.SelectsState(job.Name, job.State) })
	newest := s.newest(jobs)
	for _, job := range jobs {
		switch {
		case newest[job.UID], !s.SelectsAge(currentTime.Sub(job.Finished)), s.Fetched && !job.done(s.Viewer):
		case job.Keeper != "" && !s.Owned:
			skipped[job.Keeper]++
		default:
			chosen = append(chosen, job)
		}
	}
	return chosen, skipped
}

// done reports whether nothing of a job's results is still to be fetched.
func (j Job) done(viewer claim.Viewer) bool { return len(j.Claims) == 0 || j.Record.Done(viewer) }

// Fetched returns the text for a table: whether the results of a job were fetched; "" for a job without results.
func (j Job) Fetched(viewer claim.Viewer) string {
	if len(j.Claims) == 0 {
		return ""
	}
	return j.Record.Word(viewer)
}

// newest returns the jobs that are kept because they are the newest of their group.
// Jobs that something else manages count only if they are requested.
func (s Selection) newest(jobs []Job) map[types.UID]bool {
	if s.Keep <= 0 {
		return nil
	}
	type group struct{ namespace, value string }
	groups := map[group][]Job{}
	for _, job := range jobs {
		if job.Keeper == "" || s.Owned {
			key := group{job.Namespace, job.Group}
			groups[key] = append(groups[key], job)
		}
	}
	newest := map[types.UID]bool{}
	for _, members := range groups {
		slices.SortStableFunc(members, func(a, b Job) int { return cmp.Or(b.Finished.Compare(a.Finished), cmp.Compare(b.Name, a.Name)) })
		for _, job := range members[:min(s.Keep, len(members))] {
			newest[job.UID] = true
		}
	}
	return newest
}
