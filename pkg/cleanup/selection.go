package cleanup

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
)

// Selection says which finished jobs are to go.
type Selection struct {
	// States that they ended in; none for any.
	States []job.State
	// Keep is how many of the newest stay, in each namespace and group; -1 for none.
	Keep int
	// OlderThan is how long ago they must have finished at least.
	OlderThan time.Duration
	// Fetched takes only those whose results were fetched, or that had none.
	Fetched bool
	// Owned takes those too that something else looks after.
	Owned bool
}

// Left counts the jobs that were asked for and stay, by what keeps them.
type Left map[string]int

// Of returns those of jobs that are to go, in their order, and counts those that
// only stay because something else keeps them.
func (s Selection) Of(jobs []Job, now time.Time) (chosen []Job, left Left) {
	left = Left{}
	jobs = slices.DeleteFunc(jobs, func(one Job) bool { return len(s.States) > 0 && !slices.Contains(s.States, one.State) })
	newest := s.newest(jobs)
	for _, one := range jobs {
		switch {
		case newest[one.UID], now.Sub(one.Finished) < s.OlderThan, s.Fetched && !one.done():
		case one.Keeper != "" && !s.Owned:
			left[one.Keeper]++
		default:
			chosen = append(chosen, one)
		}
	}
	return chosen, left
}

// done reports whether nothing of a job's results is still to be fetched.
func (j Job) done() bool { return j.Fetched || len(j.Claims) == 0 }

// newest returns the jobs that stay because they are the newest of their group.
// Those that something else keeps do not count, unless they are asked for.
func (s Selection) newest(jobs []Job) map[types.UID]bool {
	if s.Keep <= 0 {
		return nil
	}
	type group struct{ namespace, value string }
	groups := map[group][]Job{}
	for _, one := range jobs {
		if one.Keeper == "" || s.Owned {
			of := group{one.Namespace, one.Group}
			groups[of] = append(groups[of], one)
		}
	}
	newest := map[types.UID]bool{}
	for _, members := range groups {
		slices.SortStableFunc(members, func(a, b Job) int { return cmp.Or(b.Finished.Compare(a.Finished), cmp.Compare(b.Name, a.Name)) })
		for _, one := range members[:min(s.Keep, len(members))] {
			newest[one.UID] = true
		}
	}
	return newest
}
