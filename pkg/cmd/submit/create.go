package submit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/interrupt"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// dryRun is how far a request is carried out.
type dryRun string

const (
	dryRunNone   dryRun = "none"
	dryRunClient dryRun = "client"
	dryRunServer dryRun = "server"
)

// make asks, creates and prints.
func (r *Request) make(ctx context.Context) (*resolved, error) {
	if r.dryRun != dryRunClient {
		me, err := provenance.Whoami(ctx, r.client)
		if err != nil {
			return nil, err
		}
		r.spec.Owner = me
	}
	made, err := r.resolve(ctx)
	if err != nil {
		return nil, err
	}
	if r.dryRun != dryRunClient {
		if err := r.create(ctx, made); err != nil {
			return nil, err
		}
	}
	if !r.then.any() || !r.print.json { // the object to come tells how it ended
		err = r.print.all(made.objects, r.dryRun)
	}
	r.remark(made)
	return made, err
}

// unhurried is how long one request may take that Ctrl-C does not cut off.
const unhurried = 30 * time.Second

// create makes everything, the job last but for what it is to own: then those are
// given to it. If the job is refused, only what this call made is removed, by UID.
// Ctrl-C takes effect between two requests: a request that is cut off may have created something or not.
func (r *Request) create(ctx context.Context, made *resolved) error {
	c := &changes{request: r, use: claim.Use{
		Text: claim.UseText(r.spec.Name, r.factory.ServerClock().Now()), Owner: r.spec.Owner.Name, User: declaredUser(made.job),
	}}
	for _, step := range []func(context.Context, *resolved) error{c.others, c.results, c.takeAll, c.script, c.env} {
		err := steadily(ctx, func(ctx context.Context) error { return step(ctx, made) })
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return c.undo(ctx, err)
		}
	}
	var there *batchv1.Job
	err := steadily(ctx, func(ctx context.Context) (err error) {
		there, err = c.job(ctx, made.job)
		return err
	})
	if err != nil {
		return c.notCreated(ctx, err)
	}
	made.job = there
	return steadily(ctx, func(ctx context.Context) error {
		r.adopt(ctx, made)
		return nil
	})
}

// steadily does a request to its end, also where ctx ends meanwhile.
func steadily(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := interrupt.Tidy(ctx, unhurried)
	defer cancel()
	return do(ctx)
}

func (c *changes) job(ctx context.Context, wanted *batchv1.Job) (*batchv1.Job, error) {
	jobs := c.request.client.BatchV1().Jobs(c.request.namespace)
	made, err := createOnce(ctx, c, creation[*batchv1.Job]{"job", jobs.Create, jobs.Get}, wanted)
	if err == nil {
		made.TypeMeta = metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"}
	}
	return made, err
}

func (r *Request) createOptions() metav1.CreateOptions {
	options := metav1.CreateOptions{FieldManager: provenance.ManagedBy}
	if r.dryRun == dryRunServer {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return options
}

// usable says why a results claim that exists cannot be this job's.
func (r *Request) usable(ctx context.Context, pvc *corev1.PersistentVolumeClaim) error {
	users, err := claim.Users(ctx, r.client, r.namespace, pvc.Name)
	if err != nil {
		return err
	}
	exec, err := r.factory.Client.Executor()
	if err != nil {
		return err
	}
	for i := range users {
		pod := &users[i]
		switch {
		case !helper.Shaped(pod):
			return fmt.Errorf("claim %q already exists, and pod %q uses it; wait until the pod has ended, or %s", pvc.Name, pod.Name, r.otherwise())
		case helper.Reads(ctx, exec, pod, r.factory.ServerClock().Now()):
			return fmt.Errorf("claim %q already exists, and %s is fetching from it (pod %q); wait until the fetch has ended, or %s",
				pvc.Name, cmp.Or(pod.Annotations[provenance.Annotation], "another user"), pod.Name, r.otherwise())
		}
	}
	return r.safe(pvc)
}

// otherwise says what can be done in place of waiting for a claim.
func (r *Request) otherwise() string {
	if r.first != nil && r.results.asked == nil {
		return "run the job on a new claim, without --reuse-results"
	}
	return "use another claim"
}

// overItself refuses to make a job again that would write over what the first one
// left, or still writes, on a claim of people's.
func (r *Request) overItself(pvc string) error {
	first := r.first
	if first == nil || pvc == "" || first.Annotations[provenance.ResultsAnnotation] != pvc || r.results.overwrite {
		return nil
	}
	switch f := r.factory; {
	case job.End(first) == nil:
		return fmt.Errorf("job %q is not finished, and writes to the same directory on claim %q; run %q, or use --overwrite-unfetched to overwrite its results", first.Name, pvc, f.Line("wait", first.Name))
	case !claim.RecordOfJob(first).Done(r.viewer()):
		return fmt.Errorf("the results of job %q on claim %q were not fetched, and the new job writes to the same directory; run %q, or use --overwrite-unfetched to overwrite them",
			first.Name, pvc, f.Line("fetch", first.Name))
	}
	return nil
}

// viewer is the user whose own fetches count.
func (r *Request) viewer() claim.Viewer { return claim.Viewer{Name: r.spec.Owner.Name} }

// safe says what could be lost on a claim that is there.
func (r *Request) safe(pvc *corev1.PersistentVolumeClaim) error {
	name, f := pvc.Name, r.factory
	size, wanted, other := claim.Size(pvc), resource.Quantity{}, r.otherKind(pvc)
	if r.results.made != nil {
		wanted = r.results.made.Size
	}
	switch {
	case pvc.DeletionTimestamp != nil:
		return fmt.Errorf("claim %q is being deleted; run the command again when it no longer exists", name)
	case !provenance.MadeResults(pvc):
		return fmt.Errorf("claim %q already exists and was not created by run; use --results=pvc/%s to write to it", name, name)
	case !r.results.overwrite && !claim.RecordOfClaim(pvc).Done(r.viewer()):
		return fmt.Errorf("claim %q holds results that were not fetched; run %q, or use --overwrite-unfetched to overwrite them",
			name, f.Line("fetch", "pvc/"+name))
	case other != "":
		return fmt.Errorf("claim %q already exists, and %s; use --results=pvc/%s to write to it, or delete it if its results are safe: run \"kubectl delete pvc %s\"",
			name, other, name, name)
	case !r.results.reuse && size.Cmp(wanted) < 0:
		return fmt.Errorf("claim %q already exists, and its size is %s, less than --results=%s; use --reuse-results to write to it again, or delete it if its results are safe: run \"kubectl delete pvc %s\"",
			name, size.String(), wanted.String(), name)
	}
	return nil
}

// otherKind says how a claim that is there differs from the kind that was asked for.
func (r *Request) otherKind(claim *corev1.PersistentVolumeClaim) string {
	made := r.results.made
	switch class := claim.Spec.StorageClassName; {
	case made == nil:
		return ""
	case made.Class != "" && class != nil && *class != made.Class:
		return fmt.Sprintf("its storage class is %s, not %s", *class, made.Class)
	case r.results.access && !slices.Contains(claim.Spec.AccessModes, made.Access):
		return fmt.Sprintf("its access mode is not %s", made.Access)
	}
	return ""
}

// refused names the ways out where the name is taken.
func (r *Request) refused(err error) error {
	if !apierrors.IsAlreadyExists(err) {
		return err
	}
	name, f := r.spec.Name, r.factory
	if r.base.again != "" {
		return fmt.Errorf("job %q already exists in namespace %q; omit --name to generate a name, or run %q to delete that job when it is finished", name, r.namespace, f.Line("purge", name))
	}
	return fmt.Errorf("job %q already exists in namespace %q; use --generate-name for a new name, run %q to run that job again, or run %q to delete it when it is finished",
		name, r.namespace, f.Line("rerun", name), f.Line("purge", name))
}
