package submit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Created are the objects as the server returned them.
type Created struct {
	Objects

	// Notes are what the user should know about the creation.
	Notes []string
}

// stepLimit bounds how long a step continues after a signal.
const stepLimit = 30 * time.Second

// transaction creates the objects of a plan, and records how to undo each change.
type transaction struct {
	*Plan
	journal

	created Created
	// use is this job, as its claims record it.
	use claim.Use
	// assignment assigns the claims of the plan to the job.
	assignment *claimAssignment
}

// Create creates all objects of the plan: the job after the objects that it needs. Then it makes the job the owner of
// its script and its Secret. If a step fails, it deletes only the objects that this call created. The package comment
// lists the exceptions.
//
// A signal takes effect between two steps, because an interrupted request may or may not have created an object.
func (p *Plan) Create(ctx context.Context) (*Created, error) {
	t := &transaction{Plan: p, journal: journal{persists: p.request.DryRun.Persists()}, use: claim.Use{
		Text: claim.UseText(p.Job.Name, p.cluster.Now()), Owner: p.owner, User: declaredUser(p.Job),
	}}
	t.assignment = &claimAssignment{transaction: t, unassigned: maps.Clone(p.claims)}
	for _, step := range t.steps() {
		err := finishStep(ctx, step)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, t.undo(ctx, err)
		}
	}
	if err := finishStep(ctx, t.createJob); err != nil {
		return nil, t.undoWithoutJob(ctx, err)
	}
	_ = finishStep(ctx, t.setOwners) // it returns no error: an object without an owner is only a note
	return &t.created, nil
}

// steps are what precedes the job, in this order.
func (t *transaction) steps() []func(context.Context) error {
	return []func(context.Context) error{t.createOthers, t.assignment.prepareResults, t.assignment.assignWritten, t.createScript, t.createEnv}
}

// finishStep completes a step, with all its requests, even if ctx ends meanwhile.
func finishStep(ctx context.Context, step func(context.Context) error) error {
	ctx, cancel := interrupt.Tidy(ctx, stepLimit)
	defer cancel()
	return step(ctx)
}

func (t *transaction) createJob(ctx context.Context) error {
	jobs := t.cluster.Client.BatchV1().Jobs(t.request.Namespace)
	created, err := createOnce(ctx, t, resourceClient[*batchv1.Job]{"job", jobs.Create, jobs.Get}, t.Job.DeepCopy())
	if err == nil {
		created.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
		t.created.Job = created
	}
	return err
}

func (t *transaction) createOptions() metav1.CreateOptions {
	options := metav1.CreateOptions{FieldManager: provenance.ManagedBy}
	if t.request.DryRun == DryRunServer {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options
}

// explainExists adds to an error about an existing job what the user can do.
func (t *transaction) explainExists(err error) error {
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	name, namespace := t.Job.Name, t.request.Namespace
	command := t.cluster.Command
	if t.request.Base.Repeat != "" {
		return fmt.Errorf("job %q already exists in namespace %q; omit --name to generate a name, or run %q to delete that job when it is finished", name, namespace, command("purge", name))
	}
	return fmt.Errorf("job %q already exists in namespace %q; use --generate-name for a new name, run %q to run that job again, or run %q to delete it when it is finished",
		name, namespace, command("rerun", name), command("purge", name))
}

// setOwners makes the job an owner of the objects that were created for it, and of those that it shares with the job
// that is run again. They are deleted with their last owner.
func (t *transaction) setOwners(ctx context.Context) error {
	if !t.persists {
		return nil
	}
	owned := slices.Clone(t.shared)
	if script := t.created.Script; script != nil {
		owned = append(owned, ownedObject{ConfigMapKind, script.Name})
	}
	if env := t.created.Env; env != nil {
		owned = append(owned, ownedObject{SecretKind, env.Name})
	}
	for _, object := range owned {
		if err := t.setOwner(ctx, object); err != nil {
			t.created.Notes = append(t.created.Notes, fmt.Sprintf("Note: %s %s will not be deleted with the job: %v", object.kind, object.name, err))
		}
	}
	return nil
}

func (t *transaction) setOwner(ctx context.Context, object ownedObject) error {
	core, namespace := t.cluster.Client.CoreV1(), t.request.Namespace
	if object.kind == ConfigMapKind {
		return provenance.Adopt(ctx, t.created.Job, object.name, core.ConfigMaps(namespace).Patch)
	}
	return provenance.Adopt(ctx, t.created.Job, object.name, core.Secrets(namespace).Patch)
}

// declaredUser returns the user that the job runs as, as JSON; "" if the image decides. It is written to the results
// claim before the job exists, because later the job and its pods can be deleted before any command reads them.
func declaredUser(created *batchv1.Job) string {
	template := &created.Spec.Template
	identity, ok := helper.DeclaredIdentity(template.Spec, spec.Default(template).Name)
	if !ok {
		return ""
	}
	return identity.Text()
}

// errUnknown says that the cluster may or may not have created an object.
var errUnknown = errors.New("it is unknown whether it was created")
