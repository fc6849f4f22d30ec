package submit

import (
	"fmt"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

// remark says what a person would want to know of what was made.
func (r *Request) remark(made *resolved) {
	for _, note := range r.notes {
		r.factory.Say(note)
	}
	if idle(made.job) {
		r.factory.Say("Note: this job only waits. Many sites forbid such jobs. To inspect a volume, create a pod instead; fetch needs no running job")
	}
	if r.factory.Warnings.Has("would violate PodSecurity") {
		r.factory.Say("Note: the Pod Security Standard of this namespace does not allow the pods of this job; use --run-as=UID with a UID other than 0")
	}
	if r.spec.Lifecycle.TTL != nil && r.spec.Storage.Results != "" {
		r.factory.Say(fmt.Sprintf("Note: --ttl deletes the job, but not claim %s. To fetch the results after that, run: %s",
			r.spec.Storage.Results, r.factory.Line("fetch", "pvc/"+r.spec.Storage.Results)))
	}
	if made.script != nil && r.dryRun != dryRunNone && !r.print.lines && tooLargeToApply(made.script) {
		r.factory.Say("Note: this script is too large for kubectl apply, which stores a copy in an annotation; use \"kubectl create -f -\"")
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
	for _, m := range claim.MountsOf(made.Spec.Template.Spec) {
		if !m.ReadOnly {
			f.Say("  " + f.Line("fetch", name, m.Path))
			return
		}
	}
	f.Say("Files written by this job are lost when its container ends. Use --results=SIZE to keep them on a volume.")
}
