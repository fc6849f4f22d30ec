package submit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/watcher"
)

// undoLimit bounds how long undoing takes.
const undoLimit = 10 * time.Second

// change is a change in the cluster, and how to undo it.
type change struct {
	// object is the object that this call created, such as pvc/train-results; "" for a change of an existing one.
	object string
	undo   func(context.Context) error
}

// createdClaim returns the name of the claim that the change created; "" if it created none.
func (c change) createdClaim() string {
	kind, name, _ := strings.Cut(c.object, "/")
	if kind == "pvc" || kind == "persistentvolumeclaims" { // the results claim, or a claim of the manifest
		return name
	}
	return ""
}

// journal records changes in the cluster, and undoes them.
type journal struct {
	// persists is false in a dry run. Then there is nothing to undo.
	persists bool
	changes  []change
}

// recordCreated records how to delete an object that was created.
func (j *journal) recordCreated(kind, name string, uid types.UID, remove func(context.Context, string, metav1.DeleteOptions) error) {
	if !j.persists {
		return
	}
	object := kind + "/" + name
	j.changes = append(j.changes, change{object: object, undo: func(ctx context.Context) error {
		err := remove(ctx, name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(uid))})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("deleting %s, which run created: %w; to delete it, run \"kubectl delete %s\"", object, interrupt.Explain(ctx, err), object)
		}
		return nil
	}})
}

// undo undoes all changes, the last one first, even if ctx has ended. It returns cause, and what could not be undone.
func (j *journal) undo(ctx context.Context, cause error) error {
	ctx, cancel := interrupt.Tidy(ctx, undoLimit)
	defer cancel()
	errs := []error{cause}
	for _, change := range slices.Backward(j.changes) {
		err := change.undo(ctx)
		for watcher.Passing(err) && watcher.Sleep(ctx, retryInterval) {
			err = change.undo(ctx)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 1 {
		return cause
	}
	return errors.Join(errs...)
}

// undoWithoutJob undoes what was done for a job that was not created. Claims that another job of that name uses
// meanwhile are kept.
func (t *transaction) undoWithoutJob(ctx context.Context, cause error) error {
	if errors.Is(cause, errUnknown) {
		return t.nameKept(cause)
	}
	if !apierrors.IsAlreadyExists(cause) || !t.persists {
		return t.undo(ctx, t.explainExists(cause))
	}
	cause = t.explainExists(cause)
	reading, cancel := interrupt.Tidy(ctx, undoLimit)
	defer cancel()
	other, err := t.cluster.Client.BatchV1().Jobs(t.request.Namespace).Get(reading, t.Job.Name, metav1.GetOptions{})
	switch {
	case err == nil:
		used := spec.Claims(other)
		t.keepClaims(func(name string) bool {
			_, isUsed := used[name]
			return isUsed
		})
	case !apierrors.IsNotFound(err):
		if kept := t.keepClaims(func(string) bool { return true }); len(kept) > 0 {
			cause = fmt.Errorf("%w; claim %s is kept, because job %q cannot be read: %w", cause, strings.Join(kept, ", "), t.Job.Name, err)
		}
	}
	return t.undo(ctx, cause)
}

// keepClaims removes the creation of matching claims from the journal, so that undo keeps these claims. It returns
// their names.
func (j *journal) keepClaims(matches func(name string) bool) (kept []string) {
	j.changes = slices.DeleteFunc(j.changes, func(c change) bool {
		name := c.createdClaim()
		if name == "" || !matches(name) {
			return false
		}
		kept = append(kept, name)
		return true
	})
	return kept
}

// nameKept adds to cause the names of the objects that were created for a job that may exist.
func (j *journal) nameKept(cause error) error {
	var names []string
	for _, change := range j.changes {
		if change.object != "" {
			names = append(names, change.object)
		}
	}
	if len(names) == 0 {
		return cause
	}
	return fmt.Errorf("%w; kept the objects that run created for the job: %s", cause, strings.Join(names, ", "))
}
