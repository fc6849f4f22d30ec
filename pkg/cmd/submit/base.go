package submit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// baseFlags say what run begins with.
type baseFlags struct {
	Files        []string
	From         string
	GenerateName bool
}

// AddTo declares the flags.
func (o *baseFlags) AddTo(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&o.Files, "filename", "f", nil, "Manifest with the job, or - for stdin; flags change the job, and other objects in the manifest are created if they do not exist")
	flags.StringVar(&o.From, "from", "", "Run the job of a CronJob now, as `cronjob/NAME`; flags change the job")
	flags.BoolVar(&o.GenerateName, "generate-name", false, "Add a unique suffix to NAME (default NAME: that of the manifest, the CronJob or the image)")
}

// base is what the request is laid over; nothing of it for a new job.
type base struct {
	// job is that of a manifest.
	job *batchv1.Job
	// stored says that the job was read from a cluster: its manifest has a UID or a status.
	stored bool
	// others are what else is in the manifest.
	others []*unstructured.Unstructured
	// cronJob and again name what the job is taken from in the cluster.
	cronJob string
	again   job.Ref
}

func (b base) none() bool { return b.job == nil && b.cronJob == "" && b.again == "" }

func (o *baseFlags) parse(r *Request) error {
	switch r.generate = o.GenerateName; {
	case len(o.Files) > 0 && o.From != "":
		return errors.New("-f and --from are mutually exclusive")
	case len(o.Files) > 1:
		return fmt.Errorf("-f %s and -f %s: only one manifest is allowed; put all objects into one file, separated by ---", o.Files[0], o.Files[1])
	}
	if o.From != "" {
		kind, name, _ := strings.Cut(o.From, "/")
		switch strings.ToLower(kind) {
		case "cronjob", "cronjobs", "cj", "cronjob.batch", "cronjobs.batch":
			r.base.cronJob = name
			return checkName("--from", o.From, name)
		}
		return fmt.Errorf("invalid value %q for --from: must be cronjob/NAME", o.From)
	}
	if len(o.Files) == 0 {
		return nil
	}
	data, err := r.read(o.Files[0], mostManifest)
	if err == nil {
		err = r.base.decode(data, r.namespace)
	}
	if err != nil {
		return fmt.Errorf("-f %s: %w", o.Files[0], err)
	}
	return nil
}

// start returns the job that the request is laid over, nil for a new one.
func (r *Request) start(ctx context.Context) (*batchv1.Job, error) {
	switch {
	case r.base.cronJob != "":
		return r.fromCronJob(ctx)
	case r.base.again != "":
		old, err := job.Get(ctx, r.client, r.namespace, r.base.again)
		if err != nil {
			return nil, err
		}
		r.first = old
		return spec.Again(old), nil
	}
	return r.base.job, nil
}

// fromCronJob makes what kubectl create job --from makes.
func (r *Request) fromCronJob(ctx context.Context) (*batchv1.Job, error) {
	cron, err := r.client.BatchV1().CronJobs(r.namespace).Get(ctx, r.base.cronJob, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("--from: no CronJob %q in namespace %q", r.base.cronJob, r.namespace)
	case err != nil:
		return nil, fmt.Errorf("reading CronJob %q: %w", r.base.cronJob, err)
	}
	controls := true // as kubectl has it: it counts in the history of the cron job
	made := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{
		Labels: maps.Clone(cron.Spec.JobTemplate.Labels), Annotations: maps.Clone(cron.Spec.JobTemplate.Annotations),
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: cron.Name, UID: cron.UID, Controller: &controls}},
	}, Spec: *cron.Spec.JobTemplate.Spec.DeepCopy()}
	metav1.SetMetaDataAnnotation(&made.ObjectMeta, "cronjob.kubernetes.io/instantiate", "manual")
	return made, nil
}

// baseName is what a name is made of where none was typed.
func (r *Request) baseName(start *batchv1.Job) string {
	switch {
	case r.base.cronJob != "":
		return r.base.cronJob
	case start == nil:
		return ofImage(r.spec.Container.Image)
	case start.Annotations[provenance.BaseNameAnnotation] != "":
		return start.Annotations[provenance.BaseNameAnnotation]
	case start.Name == "":
		return strings.TrimRight(start.GenerateName, "-.")
	}
	return start.Name
}

// ofImage returns the last part of an image's name, without tag and digest.
func ofImage(image string) string {
	name, _, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], "@")
	name, _, _ = strings.Cut(name, ":")
	return strings.Trim(strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name)), "-")
}
