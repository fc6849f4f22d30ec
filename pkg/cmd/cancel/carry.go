package cancel

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/printable"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// cancel cancels one job. With --logs it saves the logs first.
func (o *Options) cancel(ctx context.Context, object *batchv1.Job, me provenance.Identity) error {
	if o.logs != "" {
		if err := o.save(ctx, object); err != nil {
			return fmt.Errorf("job %q was not cancelled: saving its logs: %w", o.selection.Named(object), err)
		}
	}
	if err := job.Cancel(ctx, o.client, object, me.Name, o.factory.ServerClock().Now()); err != nil {
		return o.selection.About(object, err)
	}
	if o.name {
		return o.factory.Answer("job.batch/" + object.Name)
	}
	if err := o.factory.Answer("job.batch/" + object.Name + " cancelled" + o.inNamespace(object)); err != nil {
		return err
	}
	if lost := o.lost(object); o.yes && lost != "" {
		o.factory.Say(fmt.Sprintf("The pods of job %s that have not ended are deleted, %s", o.selection.Named(object), lost))
	}
	return nil
}

// inNamespace returns the namespace of a job, if there can be several; otherwise "".
func (o *Options) inNamespace(object *batchv1.Job) string {
	if !o.selection.Everywhere {
		return ""
	}
	return " in " + object.Namespace
}

// save writes the logs of a job to its own file. An existing file is never overwritten;
// a job without logs gets no file.
func (o *Options) save(ctx context.Context, object *batchv1.Job) (err error) {
	if err := os.MkdirAll(o.logs, 0o755); err != nil { //nolint:gosec // as any program makes folders: the umask decides
		return err
	}
	root, err := os.OpenRoot(o.logs)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	name := object.Name + ".log"
	if o.selection.Everywhere { // two namespaces can have jobs of one name
		name = object.Namespace + "/" + name
		if err := root.MkdirAll(object.Namespace, 0o755); err != nil {
			return err
		}
	}
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s/%s already exists", o.logs, name)
	}
	if err != nil {
		return err
	}
	err = errors.Join(job.Logs(ctx, o.client, object, file), file.Close())
	if info, failed := root.Stat(name); err != nil && failed == nil && info.Size() == 0 {
		_ = root.Remove(name) // or it would stand in the way of another try
	}
	if none, ok := errors.AsType[*job.NoLogsError](err); ok {
		o.factory.Scoped(o.selection.Named(object)).Say(printable.Error(none))
		return nil
	}
	return err
}
