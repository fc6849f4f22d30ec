package list

import (
	"context"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilduration "k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
	"github.com/kubectl-batch/kubectl-batch/pkg/screen"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

func (o *Options) columns() []screen.Column[*batchv1.Job] {
	now := o.factory.Clock.Now()
	columns := []screen.Column[*batchv1.Job]{
		{Name: "Name", Cell: func(j *batchv1.Job) string { return j.Name }},
		{Name: "State", Cell: func(j *batchv1.Job) string { return string(job.StateOf(j)) }},
		{Name: "Duration", Cell: func(j *batchv1.Job) string { return utilduration.HumanDuration(job.Duration(j, now)) }},
		{Name: "Results", Cell: results},
		{Name: "Fetched", Cell: fetched},
		{Name: "Owner", Wide: true, Cell: func(j *batchv1.Job) string { return screen.OrNone(j.Annotations[owner.Annotation]) }},
		{Name: "Images", Wide: true, Cell: images},
		{Name: "Age", Cell: func(j *batchv1.Job) string { return utilduration.HumanDuration(now.Sub(j.CreationTimestamp.Time)) }},
	}
	if o.namespace == metav1.NamespaceAll {
		columns = append([]screen.Column[*batchv1.Job]{{Name: "Namespace", Cell: func(j *batchv1.Job) string { return j.Namespace }}}, columns...)
	}
	return columns
}

// results names the claims that the job writes to.
func results(j *batchv1.Job) string {
	if claim := j.Annotations[owner.ResultsAnnotation]; claim != "" {
		return claim
	}
	var claims []string
	for _, m := range volume.MountsOf(j.Spec.Template.Spec) {
		if !m.ReadOnly && !slices.Contains(claims, m.Claim) {
			claims = append(claims, m.Claim)
		}
	}
	return screen.OrNone(strings.Join(claims, ","))
}

func fetched(j *batchv1.Job) string {
	switch {
	case volume.Fetched(j):
		return "yes"
	case results(j) == screen.None:
		return screen.None
	}
	return "no"
}

func images(j *batchv1.Job) string {
	var names []string
	for _, container := range j.Spec.Template.Spec.Containers {
		names = append(names, container.Image)
	}
	return strings.Join(names, ",")
}

// explainLimit is how many jobs are explained: in a full namespace all wait for the same.
const explainLimit = 10

// explain says on stderr why jobs do not run: one look at the pods and events
// of each namespace concerned. It is a courtesy: who may not look is told nothing.
func (o *Options) explain(ctx context.Context, jobs []*batchv1.Job) {
	waiting := slices.DeleteFunc(slices.Clone(jobs), func(j *batchv1.Job) bool {
		state := job.StateOf(j)
		return state != job.Pending && state != job.Suspended && state != job.Queued
	})
	warnings := map[string][]*corev1.Event{}
	for i, one := range waiting {
		if i == explainLimit {
			o.factory.Say(fmt.Sprintf("... and %d more that do not run", len(waiting)-i))
			break
		}
		if _, ok := warnings[one.Namespace]; !ok {
			warnings[one.Namespace] = o.warnings(ctx, one.Namespace)
		}
		pods, err := job.Pods(ctx, o.client, one)
		if err != nil {
			return
		}
		if why := reason.OfJob(one, pods, warnings[one.Namespace]); why.Known() {
			o.factory.Say(fmt.Sprintf("job %s does not run yet: %s", one.Name, why))
		}
	}
}

// warnings are a courtesy: without the right to read events there are none.
func (o *Options) warnings(ctx context.Context, namespace string) []*corev1.Event {
	list, err := o.client.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=Warning"})
	if err != nil {
		return nil
	}
	events := make([]*corev1.Event, len(list.Items))
	for i := range list.Items {
		events[i] = &list.Items[i]
	}
	return events
}
