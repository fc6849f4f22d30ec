package purge

import (
	"fmt"
	"io"
	"strings"

	"github.com/dustin/go-humanize"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/selector"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
	"github.com/kubectl-batch/kubectl-batch/pkg/ui"
)

// shownAtMost is how many rows a question shows; --dry-run shows them all.
const shownAtMost = 30

// row is a job that would go, or a claim whose job is gone.
type row struct{ namespace, name, state, finished, results, fetched, owner, with string }

// preview shows what would be deleted.
func (o *Options) preview(out io.Writer, plan *purge.Plan, most int) error {
	rows := o.rows(plan)
	more := len(rows) - most
	if more > 0 {
		rows = rows[:most]
	}
	if err := ui.Table(out, o.columns(), rows, false); err != nil {
		return err
	}
	if more > 0 {
		_, err := fmt.Fprintf(out, "... and %s more; use --dry-run to list all\n", humanize.Comma(int64(more)))
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
		{Name: "Also deleted", Cell: func(r row) string { return ui.OrNone(r.with) }},
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
		for _, one := range claim.Jobs {
			goes[one.Namespace+"/"+one.Name] = claim
		}
	}
	now := o.factory.ServerClock().Now()
	var rows []row
	for _, one := range plan.Jobs {
		claim, ok := goes[one.Namespace+"/"+one.Name]
		rows = append(rows, row{
			namespace: one.Namespace, name: one.Name, state: string(one.State), finished: utilduration.HumanDuration(now.Sub(one.Finished)) + " ago",
			results: strings.Join(one.Claims, ","), fetched: o.fetched(one.Job, claim, ok), owner: one.Record.Owner, with: with(one.With, claim, ok),
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

func (o *Options) orphan(claim purge.Claim, with string) row {
	return row{
		namespace: claim.Namespace, name: "pvc/" + claim.Name, state: "Gone", finished: ui.None,
		results: claim.Name, fetched: claim.Record.Word(o.selection.Viewer), owner: claim.Record.Owner, with: with,
	}
}

// fetched says whether the results of a job were fetched. claim is the one that goes with it, if any.
func (o *Options) fetched(one purge.Job, claim purge.Claim, goes bool) string {
	if goes && claim.Record.Empty() {
		return claim.Record.Word(o.selection.Viewer)
	}
	return ui.OrNone(one.Fetched(o.selection.Viewer))
}

// with says what goes with a job.
func with(objects []purge.Object, claim purge.Claim, goes bool) string {
	counts := map[purge.Kind]int{}
	for _, one := range objects {
		counts[one.Kind]++
	}
	var words []string
	for _, kind := range []struct {
		kind purge.Kind
		name string
	}{{purge.KindPod, "pod"}, {purge.KindScript, "script"}, {purge.KindSecret, "secret"}} {
		if n := counts[kind.kind]; n > 0 {
			words = append(words, count(n, kind.name))
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

// byNamespace counts objects in each namespace where there can be several; empty elsewhere.
func byNamespace[T any](o *Options, objects []T, namespace func(T) string) string {
	if o.namespace != metav1.NamespaceAll {
		return ""
	}
	counts := map[string]int{}
	for _, one := range objects {
		counts[namespace(one)]++
	}
	return selector.ByNamespace(counts)
}

// total says how much a plan is.
func (o *Options) total(plan *purge.Plan) string {
	pods, bytes := 0, int64(0)
	for _, one := range plan.Jobs {
		for _, object := range one.With {
			if object.Kind == purge.KindPod {
				pods++
			}
		}
	}
	for _, claim := range plan.Claims {
		bytes += claim.Size
	}
	text := jobs(len(plan.Jobs)) + byNamespace(o, plan.Jobs, func(one purge.Item) string { return one.Namespace })
	if pods > 0 {
		text += ", " + count(pods, "pod")
	}
	if n := len(plan.Claims); n > 0 {
		text += ", " + count(n, "claim") + " (" + size(bytes) + ")" + byNamespace(o, plan.Claims, func(one purge.Claim) string { return one.Namespace })
	}
	return text
}

func jobs(n int) string { return count(n, "job") }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return humanize.Comma(int64(n)) + " " + what + "s"
}
