package purge

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/plural"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// shownAtMost is how many rows a question shows; --dry-run shows them all.
const shownAtMost = 30

// row is a job to delete, or a claim whose job no longer exists.
type row struct{ namespace, name, state, finished, results, fetched, owner, dependents string }

// preview shows what would be deleted.
func (o *Options) preview(out io.Writer, plan *purge.Plan, limit int) error {
	rows := o.rows(plan)
	omitted := len(rows) - limit
	if omitted > 0 {
		rows = rows[:limit]
	}
	if err := ui.Table(out, o.columns(), rows, false); err != nil {
		return err
	}
	if omitted > 0 {
		_, err := fmt.Fprintf(out, "... and %s more; use --dry-run to list all\n", humanize.Comma(int64(omitted)))
		return err
	}
	return nil
}

func (o *Options) columns() []ui.Column[row] {
	columns := []ui.Column[row]{
		{Name: "Job", Cell: func(r row) string { return r.name }},
		{Name: "State", Cell: func(r row) string { return r.state }},
		{Name: "Finished", Cell: func(r row) string { return r.finished }},
		{Name: "Results", Cell: func(r row) string { return ui.OrNone(r.results) }},
		{Name: "Fetched", Cell: func(r row) string { return r.fetched }},
		{Name: "Owner", Cell: func(r row) string { return ui.OrNone(r.owner) }},
		{Name: "Also deleted", Cell: func(r row) string { return ui.OrNone(r.dependents) }},
	}
	if o.namespace == metav1.NamespaceAll {
		columns = append([]ui.Column[row]{{Name: "Namespace", Cell: func(r row) string { return r.namespace }}}, columns...)
	}
	return columns
}

func (o *Options) rows(plan *purge.Plan) []row {
	goes := map[string]purge.Claim{}
	var alone []purge.Claim
	for _, claim := range plan.Claims {
		if len(claim.Jobs) == 0 {
			alone = append(alone, claim)
		}
		for _, job := range claim.Jobs {
			goes[job.Namespace+"/"+job.Name] = claim
		}
	}
	serverTime := o.factory.ServerClock().Now()
	var rows []row
	for _, item := range plan.Jobs {
		claim, ok := goes[item.Namespace+"/"+item.Name]
		rows = append(rows, row{
			namespace: item.Namespace, name: item.Name, state: string(item.State), finished: utilduration.HumanDuration(serverTime.Sub(item.Finished)) + " ago",
			results: strings.Join(item.Claims, ","), fetched: o.fetched(item.Job, claim, ok), owner: item.Record.Owner, dependents: describeDependents(item.With, claim, ok),
		})
	}
	for _, claim := range alone {
		rows = append(rows, o.orphan(claim, "claim "+size(claim.Size)))
	}
	for _, claim := range plan.Orphans {
		rows = append(rows, o.orphan(claim, "kept without --volumes"))
	}
	return rows
}

func (o *Options) orphan(claim purge.Claim, dependents string) row {
	return row{
		namespace: claim.Namespace, name: "pvc/" + claim.Name, state: "Gone", finished: ui.None,
		results: claim.Name, fetched: claim.Record.Word(o.selection.Viewer), owner: claim.Record.Owner, dependents: dependents,
	}
}

// fetched returns whether the results of a job were fetched. claim is the claim that is deleted with it, if any.
func (o *Options) fetched(job purge.Job, claim purge.Claim, goes bool) string {
	if goes && claim.Record.Empty() {
		return claim.Record.Word(o.selection.Viewer)
	}
	return ui.OrNone(job.Fetched(o.selection.Viewer))
}

// describeDependents lists what is deleted with a job.
func describeDependents(objects []purge.Object, claim purge.Claim, goes bool) string {
	counts := map[purge.Kind]int{}
	for _, object := range objects {
		counts[object.Kind]++
	}
	var words []string
	for _, kind := range []struct {
		kind purge.Kind
		name string
	}{{purge.KindPod, "pod"}, {purge.KindScript, "script"}, {purge.KindSecret, "secret"}} {
		if n := counts[kind.kind]; n > 0 {
			words = append(words, plural.Count(n, kind.name))
		}
	}
	if goes {
		words = append(words, "claim "+size(claim.Size))
	}
	return strings.Join(words, ", ")
}

func size(bytes int64) string {
	return strings.ReplaceAll(humanize.IBytes(uint64(max(bytes, 0))), " ", "")
}

// byNamespace counts objects in each namespace if there can be several; otherwise it returns "".
func byNamespace[T any](o *Options, objects []T, namespace func(T) string) string {
	if o.namespace != metav1.NamespaceAll {
		return ""
	}
	counts := map[string]int{}
	for _, object := range objects {
		counts[namespace(object)]++
	}
	return selector.ByNamespace(counts)
}

// total summarizes a plan.
func (o *Options) total(plan *purge.Plan) string {
	pods, bytes := 0, int64(0)
	for _, item := range plan.Jobs {
		for _, object := range item.With {
			if object.Kind == purge.KindPod {
				pods++
			}
		}
	}
	for _, claim := range plan.Claims {
		bytes += claim.Size
	}
	text := plural.Count(len(plan.Jobs), "job") + byNamespace(o, plan.Jobs, func(item purge.Item) string { return item.Namespace })
	if pods > 0 {
		text += ", " + plural.Count(pods, "pod")
	}
	if n := len(plan.Claims); n > 0 {
		text += ", " + plural.Count(n, "claim") + " (" + size(bytes) + ")" + byNamespace(o, plan.Claims, func(claim purge.Claim) string { return claim.Namespace })
	}
	return text
}
