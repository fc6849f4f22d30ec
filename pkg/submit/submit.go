// Package submit creates a Job together with its results claim, the ConfigMap with its script, the Secret with its
// variables, and the other objects of a manifest.
//
// Resolve reads what a Request names and returns a Plan; it changes nothing in the cluster. Plan.Create creates the
// objects. If it fails, it deletes by UID the objects that it has created, with these exceptions:
//   - An object can remain if it is unknown whether it was created. If this object is the Job, all objects are kept.
//   - A claim is kept if another Job of the same name uses it, or if that Job cannot be read.
//   - An object that cannot be deleted remains. The error names it.
//
// Objects of a manifest that existed before are neither changed nor deleted.
package submit

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Request describes a job to create. Resolve and Create do not change it.
type Request struct {
	Namespace string
	// Spec is what the request sets in the Job; what is zero is left to Base and to defaults. Its Name can be
	// empty, and its Owner is set by Resolve.
	Spec spec.Job
	// Base is the job that Spec changes.
	Base Base
	// GenerateName appends a unique suffix to the name.
	GenerateName bool
	Results      Results
	// SecretVariables are stored in a Secret that the Job owns.
	SecretVariables map[string]string
	// References are the objects that the request names. Resolve looks up each of them once.
	References References
	// S3Secret names the Secret that must have the keys of an S3 store; "" for none.
	S3Secret string
	DryRun   DryRun
}

// Results describes where the job writes its results.
type Results struct {
	// Existing is an existing claim to write to, Create is a claim to create. Both are nil if the request
	// asks for neither.
	Existing *claim.Mount
	Create   *claim.Spec
	// ExactAccess requires that an existing claim with the name of Create has its access mode.
	ExactAccess bool
	// Path is where the claim is mounted; "" for that of Base, or else claim.ResultsPath.
	Path string
	// Shared lets all tasks of an array write to one directory.
	Shared bool
	// Reuse writes to a claim that exists, Overwrite also if its results were not fetched.
	Reuse, Overwrite bool
	// Group is the group of the files on all volumes, nil for none. It counts only with SetGroup.
	Group    *int64
	SetGroup bool
}

// requested reports whether the request itself asks for a results claim.
func (r Results) requested() bool { return r.Existing != nil || r.Create != nil }

// DryRun is how far a request is carried out.
type DryRun string

const (
	// DryRunNone creates the objects. The zero value means the same.
	DryRunNone DryRun = "none"
	// DryRunClient builds the objects. It reads only Base, and the results claim of the job that is run again.
	DryRunClient DryRun = "client"
	// DryRunServer sends the objects to the server, which validates them but does not store them.
	DryRunServer DryRun = "server"
)

// Persists reports whether objects are stored.
func (d DryRun) Persists() bool { return d != DryRunClient && d != DryRunServer }

// Cluster is what Resolve and Create use besides the request.
type Cluster struct {
	Client clients.Interface
	// Objects returns what creates objects of any kind, for the other objects of a manifest.
	Objects func() (dynamic.Interface, meta.RESTMapper, error)
	// Executor runs programs in containers. It tells whether a helper pod has a connected client.
	Executor func() (transport.Executor, error)
	// Now returns the time of the API server.
	Now func() time.Time
	// Suffix returns a random text that makes a name unique.
	Suffix func(length int) string
	// Command returns the command line of a verb and its arguments, for messages.
	Command func(words ...string) string
	// Say prints a message.
	Say func(text string)
}

// InvalidError is an error of the request itself. Nothing was created.
type InvalidError struct{ Err error }

// Error implements error.
func (e *InvalidError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *InvalidError) Unwrap() error { return e.Err }

// invalid makes err an InvalidError.
func invalid(err error) error {
	if err == nil {
		return nil
	}
	return &InvalidError{Err: err}
}
