// Package job handles batch/v1 Jobs: how a command line names a job, its state
// and the reason for it, its logs, and its outcome. Package spec
// creates Job objects.
//
// A state is derived from the status of the job and its
// pods, and a reason uses the cluster's message; the package does not guess.
// It deletes no job.
package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/spelling"
)

// Latest represents the newest job of the caller.
const Latest = "@latest"

// Ref is a reference to a job on the command line: a name, or Latest.
type Ref string

// ParseRef reads JOB in every form that kubectl accepts (NAME, job/NAME,
// jobs.batch/NAME, ...) and @latest. The error is a *RefError or a *PathError.
func ParseRef(text string) (Ref, error) {
	kind, name, hasKind := strings.Cut(text, "/")
	if bare, path, ok := strings.Cut(text, ":"); ok {
		return "", &PathError{Text: text, Job: bare, Path: path}
	}
	if !hasKind {
		name = text
	} else if !slices.Contains([]string{"job", "jobs", "job.batch", "jobs.batch", "job.v1.batch", "jobs.v1.batch"}, strings.ToLower(kind)) {
		return "", &RefError{Text: text, Problem: otherKind(kind, name), Accepted: Accepted}
	}
	if name == Latest {
		return Latest, nil
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return "", &RefError{Text: text, Problem: "a job name " + spelling.Rule(problems), Accepted: Accepted}
	}
	return Ref(name), nil
}

// Accepted lists the forms of JOB.
const Accepted = "NAME, job/NAME or @latest"

// RefError means that an argument does not name a job.
type RefError struct {
	Text string
	// Problem explains what the argument is instead, as a sentence about "it".
	Problem string
	// Accepted lists the forms that are valid.
	Accepted string
}

// Error returns a sentence for users.
func (e *RefError) Error() string {
	return fmt.Sprintf("invalid argument %q: %s; use %s", e.Text, e.Problem, e.Accepted)
}

// otherKind explains what an argument names instead of a job.
func otherKind(kind, name string) string {
	kinds := map[string]string{
		"pvc": "a claim", "pvcs": "a claim", "persistentvolumeclaim": "a claim", "persistentvolumeclaims": "a claim",
		"pod": "a pod", "pods": "a pod", "po": "a pod", "cronjob": "a CronJob", "cronjobs": "a CronJob", "cj": "a CronJob", "cronjob.batch": "a CronJob",
		"deploy": "a Deployment", "deployment": "a Deployment", "sts": "a StatefulSet", "statefulset": "a StatefulSet",
		"ns": "a namespace", "namespace": "a namespace", "node": "a node", "no": "a node", "s3": "a bucket",
	}
	switch noun := kinds[strings.ToLower(kind)]; {
	case noun != "":
		return "it names " + noun + ", not a job"
	case kind == "", kind == ".", kind == "..", kind == "~":
		return "it is a path, not a job"
	case len(validation.IsDNS1123Label(kind)) == 0 && len(validation.IsDNS1123Subdomain(name)) == 0:
		return fmt.Sprintf("%q is not a kind of job; to select a namespace, use -n %s", kind, kind)
	}
	return fmt.Sprintf("%q is not a kind of job", kind)
}

// ParseRefs reads several references.
func ParseRefs(texts []string) ([]Ref, error) {
	refs := make([]Ref, 0, len(texts))
	for _, text := range texts {
		ref, err := ParseRef(text)
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// Name resolves ref. It resolves Latest to the newest job of the caller in namespace.
func (r Ref) Name(ctx context.Context, client clients.Interface, namespace string) (string, error) {
	if r != Latest {
		return string(r), nil
	}
	me, err := provenance.Whoami(ctx, client)
	if err != nil {
		return "", err
	}
	mine, err := me.Selector()
	if err != nil {
		return "", fmt.Errorf("%s: %w", Latest, err)
	}
	list, err := client.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: mine})
	if err != nil {
		return "", fmt.Errorf("listing jobs for %s: %w", Latest, err)
	}
	jobs := slices.DeleteFunc(list.Items, func(job batchv1.Job) bool { return provenance.IsCopy(&job) })
	if len(jobs) == 0 {
		return "", fmt.Errorf("%s: user %s has no jobs in namespace %q", Latest, me.Name, namespace)
	}
	newest := slices.MaxFunc(jobs, func(a, b batchv1.Job) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	return newest.Name, nil
}

// Get returns the job that ref names. If it does not exist, the error is a *NotFoundError.
func Get(ctx context.Context, client clients.Interface, namespace string, ref Ref) (*batchv1.Job, error) {
	name, err := ref.Name(ctx, client, namespace)
	if err != nil {
		return nil, err
	}
	job, err := client.BatchV1().Jobs(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, &NotFoundError{Name: name, Namespace: namespace}
	}
	if err != nil {
		return nil, fmt.Errorf("reading job %q: %w", name, err)
	}
	return job, nil
}

// GetAll returns the jobs that refs name, each once, in their order. For many names
// it lists all jobs once. The error names all jobs that do not exist, see WithoutMissing.
func GetAll(ctx context.Context, client clients.Interface, namespace string, refs []Ref) ([]*batchv1.Job, error) {
	get := func(ref Ref) (*batchv1.Job, error) { return Get(ctx, client, namespace, ref) }
	if len(refs) > fewJobs {
		byName, err := listed(ctx, client, namespace, refs)
		if err != nil {
			return nil, err
		}
		get = func(ref Ref) (*batchv1.Job, error) {
			if ref == Latest {
				return Get(ctx, client, namespace, ref)
			}
			if job := byName[string(ref)]; job != nil {
				return job, nil
			}
			return nil, &NotFoundError{Name: string(ref), Namespace: namespace}
		}
	}
	var jobs []*batchv1.Job
	var errs []error
	added := map[string]bool{}
	for _, ref := range refs {
		job, err := get(ref)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			errs = append(errs, err)
		case !added[job.Name]:
			added[job.Name] = true
			jobs = append(jobs, job)
		}
	}
	return jobs, errors.Join(errs...)
}

// WithoutMissing removes the jobs that do not exist from an error of GetAll.
func WithoutMissing(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	return errors.Join(slices.DeleteFunc(slices.Clone(joined.Unwrap()), func(failure error) bool {
		_, missing := errors.AsType[*NotFoundError](failure)
		return missing
	})...)
}

// listed returns the jobs of namespace that refs name.
func listed(ctx context.Context, client clients.Interface, namespace string, refs []Ref) (map[string]*batchv1.Job, error) {
	byName := make(map[string]*batchv1.Job, len(refs))
	for _, ref := range refs {
		byName[string(ref)] = nil
	}
	return byName, Each(ctx, client, namespace, metav1.ListOptions{}, func(job *batchv1.Job) error {
		if _, named := byName[job.Name]; named {
			job.ManagedFields = nil // not needed; half of the memory
			byName[job.Name] = job
		}
		return nil
	})
}

// NotFoundError means that the job does not exist.
type NotFoundError struct{ Name, Namespace string }

// Error returns a sentence for users.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no job %q in namespace %q", e.Name, e.Namespace)
}

// Hint returns the command to run; program is the name of the plugin.
func (e *NotFoundError) Hint(program string) string {
	return "; run \"" + program + " list\" to see jobs"
}

// PathError means that a job was named with a path, as other tools do.
type PathError struct{ Text, Job, Path string }

// Error returns a sentence for users.
func (e *PathError) Error() string {
	return fmt.Sprintf("invalid argument %q: a path must be a separate argument", e.Text)
}

// Hint returns the command to run; program is the name of the plugin.
func (e *PathError) Hint(program string) string {
	if e.Job == "" || e.Path == "" {
		return ""
	}
	return fmt.Sprintf("; run \"%s fetch %s %s\"", program, e.Job, e.Path)
}
