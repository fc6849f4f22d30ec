package purge

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
)

// fetchLine is the command line that fetches the results of a job.
func (o *Options) fetchLine(object purge.Object) string {
	if o.namespace == metav1.NamespaceAll {
		return o.factory.LineIn(object.Namespace, "fetch", object.Name)
	}
	return o.factory.Line("fetch", object.Name)
}

// held reports the jobs that are kept because their results would be deleted with their
// pods. That is an error only if the job was named.
func (o *Options) held(plan *purge.Plan) (refused error) {
	for _, job := range plan.Held {
		text := fmt.Sprintf("job %q was kept: its results on claim %s were not fetched, and this claim is deleted with the pods; run %q, or use --volumes --discard-unfetched to delete them",
			job.Shown(o.namespace), strings.Join(job.Volumes, ", "), o.fetchLine(job.Object))
		if o.named() {
			refused = errors.Join(refused, errors.New(text))
			continue
		}
		o.factory.Say(text)
	}
	return refused
}
