package submit

import (
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
)

// Objects are the objects of one job, in the order of their creation.
type Objects struct {
	// Others are the other objects of the manifest.
	Others []*unstructured.Unstructured
	// Claim is the results claim; nil for none, or if the job uses an existing one.
	Claim *corev1.PersistentVolumeClaim
	// Script is nil for none, and so is Env.
	Script *corev1.ConfigMap
	Env    *corev1.Secret
	Job    *batchv1.Job
}

// List returns the objects in the order of their creation.
func (o Objects) List() []runtime.Object {
	var list []runtime.Object
	for _, other := range o.Others {
		list = append(list, other)
	}
	if o.Claim != nil {
		list = append(list, o.Claim)
	}
	if o.Script != nil {
		list = append(list, o.Script)
	}
	if o.Env != nil {
		list = append(list, o.Env)
	}
	return append(list, o.Job)
}

// Plan is a complete request: the objects that Create creates.
type Plan struct {
	Objects

	// Notes are what the user should know about the request.
	Notes []string
	// Viewer is the user whose fetches count.
	Viewer claim.Viewer

	cluster Cluster
	request Request
	// owner is the name of the user.
	owner string
	// existingClaim names the results claim if it is not created.
	existingClaim string
	// claims are the existing claims that the job mounts and that the user can read.
	claims map[string]*corev1.PersistentVolumeClaim
	// shared are objects of the base job that the new job will own as well.
	shared []ownedObject
	// repeated is the job that is run again; nil for none.
	repeated *batchv1.Job
	results  resultsChoice
}

// ResultsClaim returns the name of the results claim; "" for none.
func (p *Plan) ResultsClaim() string { return resultsClaimOf(p.Job) }
