package jobrun

import (
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// printNotes prints what the user should know about the created objects.
func (r *Request) printNotes(plan *submit.Plan, created submit.Objects, notes []string) {
	f, results := r.Factory, plan.ResultsClaim()
	for _, note := range slices.Concat(r.Notes, notes) {
		f.Say(note)
	}
	if onlyWaits(created.Job) {
		f.Say("Note: this job only waits. Many sites forbid such jobs. To inspect a volume, create a pod instead; fetch needs no running job")
	}
	if f.Warnings.Has("would violate PodSecurity") {
		f.Say("Note: the Pod Security Standard of this namespace does not allow the pods of this job; use --run-as=UID with a UID other than 0")
	}
	if r.Submission.Spec.Lifecycle.TTL != nil && results != "" {
		f.Say(fmt.Sprintf("Note: --ttl deletes the job, but not claim %s. To fetch the results after that, run: %s", results, f.Line("fetch", "pvc/"+results)))
	}
	if created.Script != nil && !r.Submission.DryRun.Persists() && !r.Printer.lines && tooLargeToApply(created.Script) {
		f.Say("Note: this script is too large for kubectl apply, which stores a copy in an annotation; use \"kubectl create -f -\"")
	}
}

// onlyWaits reports whether a job does nothing but keep its pod running.
func onlyWaits(created *batchv1.Job) bool {
	container := spec.Default(&created.Spec.Template)
	command := strings.TrimSpace(strings.Join(slices.Concat(container.Command, container.Args), " "))
	return strings.HasSuffix(command, "sleep infinity") || strings.HasSuffix(command, "tail -f /dev/null")
}

// suggestCommands prints the next commands, which the user can copy.
func (r *createdJob) suggestCommands() {
	f, name := r.Factory, r.created.Name
	if r.After.Fetch || r.After.Follow {
		return
	}
	f.SayLines("", "Next:", "  "+f.Line("logs", name, "-f"), "  "+f.Line("wait", name))
	if r.plan.ResultsClaim() != "" {
		f.Say("  " + f.Line("fetch", name))
		return
	}
	for _, m := range claim.MountsOf(r.created.Spec.Template.Spec) {
		if !m.ReadOnly {
			f.Say("  " + f.Line("fetch", name, m.Path))
			return
		}
	}
	f.Say("Files written by this job are lost when its container ends. Use --results=SIZE to keep them on a volume.")
}
