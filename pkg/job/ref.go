// Package job knows batch/v1 Jobs: how one is named on a command line, what state it
// is in and why, its logs, and its end. How one is made is the affair of package spec
// below it.
//
// What it promises: a state is told from what the API server says of the job and its
// pods, and a reason in the words of the cluster; what the server does not say is not
// guessed. Nothing here deletes a job.
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

// Latest is what stands for the newest job of the caller.
const Latest = "@latest"

// Ref names a job as a person typed it: a name, or Latest.
type Ref string

// ParseRef reads JOB in every spelling that kubectl takes (NAME, job/NAME,
// jobs.batch/NAME, ...) and @latest.
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

// Accepted is what JOB can be.
const Accepted = "NAME, job/NAME or @latest"

// RefError says that an argument does not name a job.
type RefError struct {
	Text string
	// Problem says what the argument is taken for, as a sentence about "it".
	Problem string
	// Accepted is what the argument can be.
	Accepted string
}

// Error returns the sentence for people.
func (e *RefError) Error() string {
	return fmt.Sprintf("invalid argument %q: %s; use %s", e.Text, e.Problem, e.Accepted)
}

// otherKind says what an argument names that is not a job.
func otherKind(kind, name string) string {
	kinds := map[string]string{
		"pvc": "a claim", "pvcs": "a claim", "persistentvolumeclaim": "a claim", "persistentvolumeclaims": "a claim",
		"pod": "a pod", "pods": "a pod", "po": "a pod", "cronjob": "a CronJob", "cronjobs": "a CronJob", "cj": "a CronJob", "cronjob.batch": "a CronJob",
		"deploy": "a Deployment", "deployment": "a Deployment", "sts": "a StatefulSet", "statefulset": "a StatefulSet",
		"ns": "a namespace", "namespace": "a namespace", "node": "a node", "no": "a node", "s3": "a bucket",
	}
	switch what := kinds[strings.ToLower(kind)]; {
	case what != "":
		return "it names " + what + ", not a job"
	case kind == "", kind == ".", kind == "..", kind == "~":
		return "it is a path, not a job"
	case len(validation.IsDNS1123Label(kind)) == 0 && len(validation.IsDNS1123Subdomain(name)) == 0:
		return fmt.Sprintf("%q is not a kind of job; to select a namespace, use -n %s", kind, kind)
	}
	return fmt.Sprintf("%q is not a kind of job", kind)
}

// ParseRefs reads several.
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

// Name resolves ref: Latest to the newest job of the caller in namespace.
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
	jobs := slices.DeleteFunc(list.Items, func(one batchv1.Job) bool { return provenance.IsCopy(&one) })
	if len(jobs) == 0 {
		return "", fmt.Errorf("%s: user %s has no jobs in namespace %q", Latest, me.Name, namespace)
	}
	newest := slices.MaxFunc(jobs, func(a, b batchv1.Job) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	return newest.Name, nil
}

// Get returns the job that ref names. A missing one gives a NotFoundError.
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

// GetAll returns the jobs that refs name, each once, in their order. Many names are
// looked for in one list. The error tells of all that are missing, see WithoutMissing.
func GetAll(ctx context.Context, client clients.Interface, namespace string, refs []Ref) ([]*batchv1.Job, error) {
	get := func(ref Ref) (*batchv1.Job, error) { return Get(ctx, client, namespace, ref) }
	if len(refs) > fewJobs {
		there, err := listed(ctx, client, namespace, refs)
		if err != nil {
			return nil, err
		}
		get = func(ref Ref) (*batchv1.Job, error) {
			if ref == Latest {
				return Get(ctx, client, namespace, ref)
			}
			if one := there[string(ref)]; one != nil {
				return one, nil
			}
			return nil, &NotFoundError{Name: string(ref), Namespace: namespace}
		}
	}
	var jobs []*batchv1.Job
	var errs []error
	seen := map[string]bool{}
	for _, ref := range refs {
		one, err := get(ref)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			errs = append(errs, err)
		case !seen[one.Name]:
			seen[one.Name] = true
			jobs = append(jobs, one)
		}
	}
	return jobs, errors.Join(errs...)
}

// WithoutMissing returns an error of GetAll without the jobs that do not exist.
func WithoutMissing(err error) error {
	all, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	return errors.Join(slices.DeleteFunc(slices.Clone(all.Unwrap()), func(one error) bool {
		_, missing := errors.AsType[*NotFoundError](one)
		return missing
	})...)
}

// listed returns the jobs of namespace that refs name.
func listed(ctx context.Context, client clients.Interface, namespace string, refs []Ref) (map[string]*batchv1.Job, error) {
	there := make(map[string]*batchv1.Job, len(refs))
	for _, ref := range refs {
		there[string(ref)] = nil
	}
	return there, Each(ctx, client, namespace, metav1.ListOptions{}, func(one *batchv1.Job) error {
		if _, named := there[one.Name]; named {
			one.ManagedFields = nil // half of the memory, and of no use here
			there[one.Name] = one
		}
		return nil
	})
}

// NotFoundError says that there is no such job.
type NotFoundError struct{ Name, Namespace string }

// Error returns the sentence for people.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("no job %q in namespace %q", e.Name, e.Namespace)
}

// Hint says what to type, for a program of that name.
func (e *NotFoundError) Hint(program string) string {
	return "; run \"" + program + " list\" to see jobs"
}

// PathError says that a job was named with a path, as other tools have it.
type PathError struct{ Text, Job, Path string }

// Error returns the sentence for people.
func (e *PathError) Error() string {
	return fmt.Sprintf("invalid argument %q: a path must be a separate argument", e.Text)
}

// Hint says what to type, for a program of that name.
func (e *PathError) Hint(program string) string {
	if e.Job == "" || e.Path == "" {
		return ""
	}
	return fmt.Sprintf("; run \"%s fetch %s %s\"", program, e.Job, e.Path)
}
