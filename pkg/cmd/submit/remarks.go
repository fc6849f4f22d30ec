package submit

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// remark says what a person would want to know of what was made.
func (r *Request) remark(made *resolved) {
	for _, note := range r.notes {
		r.factory.Say(note)
	}
	if idle(made.job) {
		r.factory.Say("Note: this job only waits. Many sites forbid that in a job, and ban people for it; for a look at a volume a pod of your own is better, and fetch needs none")
	}
	if r.factory.Warnings.Has("would violate PodSecurity") {
		r.factory.Say("Note: this namespace lets no pod of the job start as it is; --run-as UID, with the number of any user but root, gives the pods what it asks for")
	}
	if r.spec.Lifecycle.TTL != nil && r.spec.Storage.Results != "" {
		r.factory.Say(fmt.Sprintf("Note: --ttl deletes the job, never claim %s; also then %s finds the results",
			r.spec.Storage.Results, r.factory.Line("fetch", "pvc/"+r.spec.Storage.Results)))
	}
	if made.script != nil && r.dryRun != dryRunNone && !r.print.lines && tooLargeToApply(made.script) {
		r.factory.Say("Note: this script is too large for kubectl apply, which keeps a copy in an annotation; kubectl create -f - takes it")
	}
}

// next says how to go on, in lines that can be typed as they stand.
func (r *Request) next(made *batchv1.Job) {
	f, name := r.factory, made.Name
	if r.then.fetch || r.then.follow {
		return
	}
	f.SayLines("", "Next:", "  "+f.Line("logs", name, "-f"), "  "+f.Line("wait", name))
	if r.spec.Storage.Results != "" {
		f.Say("  " + f.Line("fetch", name))
		return
	}
	for _, m := range volume.MountsOf(made.Spec.Template.Spec) {
		if !m.ReadOnly {
			f.Say("  " + f.Line("fetch", name, m.Path))
			return
		}
	}
	f.Say("What this job writes ends with its container; --results SIZE keeps it on a volume.")
}
