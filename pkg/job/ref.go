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
	"fmt"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/cluster"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// Latest is what stands for the newest job of the caller.
const Latest = "@latest"

// Ref names a job as a person typed it: a name, or Latest.
type Ref string

// ParseRef reads JOB in every spelling that kubectl takes (NAME, job/NAME,
// jobs.batch/NAME, ...) and @latest. Habits from other tools are refused with
// the line that was meant.
func ParseRef(text string) (Ref, error) {
	kind, name, hasKind := strings.Cut(text, "/")
	if bare, path, ok := strings.Cut(text, ":"); ok {
		return "", &PathError{Text: text, Job: bare, Path: path}
	}
	if !hasKind {
		name = text
	} else if !slices.Contains([]string{"job", "jobs", "job.batch", "jobs.batch", "job.v1.batch", "jobs.v1.batch"}, strings.ToLower(kind)) {
		return "", fmt.Errorf("%q: a job is named NAME or job/NAME; a namespace goes to -n, as in: -n %s %s", text, kind, name)
	}
	if name == Latest {
		return Latest, nil
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return "", fmt.Errorf("%q is not the name of a job: %s", text, problems[0])
	}
	return Ref(name), nil
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
func (r Ref) Name(ctx context.Context, client cluster.Interface, namespace string) (string, error) {
	if r != Latest {
		return string(r), nil
	}
	me, err := owner.Whoami(ctx, client)
	if err != nil {
		return "", err
	}
	mine, err := me.Selector()
	if err != nil {
		return "", fmt.Errorf("%s: %w", Latest, err)
	}
	list, err := client.BatchV1().Jobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: mine})
	if err != nil {
		return "", fmt.Errorf("looking for %s: %w", Latest, err)
	}
	if len(list.Items) == 0 {
		return "", fmt.Errorf("%s: no job of yours (%s) is in namespace %q", Latest, me.Name, namespace)
	}
	newest := slices.MaxFunc(list.Items, func(a, b batchv1.Job) int {
		return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
	})
	return newest.Name, nil
}

// Get returns the job that ref names. A missing one gives a NotFoundError.
func Get(ctx context.Context, client cluster.Interface, namespace string, ref Ref) (*batchv1.Job, error) {
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

// NotFoundError says that there is no such job.
type NotFoundError struct{ Name, Namespace string }

// Error returns the sentence for people.
func (e *NotFoundError) Error() string {
	return fmt.Sprintf("there is no job %q in namespace %q", e.Name, e.Namespace)
}

// Hint says what to type, for a program of that name.
func (e *NotFoundError) Hint(program string) string {
	return " (" + program + " list shows what is there)"
}

// PathError says that a job was named with a path, as other tools have it.
type PathError struct{ Text, Job, Path string }

// Error returns the sentence for people.
func (e *PathError) Error() string {
	return fmt.Sprintf("%q: a job is named without a path; a path is an argument of its own", e.Text)
}

// Hint says what to type, for a program of that name.
func (e *PathError) Hint(program string) string {
	return fmt.Sprintf(", as in: %s fetch %s %s", program, e.Job, e.Path)
}
