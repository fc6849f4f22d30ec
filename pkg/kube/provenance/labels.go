package provenance

import (
	"k8s.io/apimachinery/pkg/util/validation"
)

const domain = "kubectl-batch.github.io/"

// Labels.
const (
	// ManagedByLabel is on everything the plugin makes, with the value ManagedBy.
	ManagedByLabel = "app.kubernetes.io/managed-by"
	// ManagedBy is the value of ManagedByLabel.
	ManagedBy = "kubectl-batch"
	// ComponentLabel is the purpose of an object: one of the Components.
	ComponentLabel = "app.kubernetes.io/component"
	// ResultsComponent is for a claim that run --results created.
	ResultsComponent = "results"
	// ScriptComponent marks a ConfigMap that holds a job's script.
	ScriptComponent = "script"
	// EnvComponent marks a Secret that holds variables of a job.
	EnvComponent = "env"
	// HelperComponent marks a helper pod.
	HelperComponent = "fetch-helper"
	// JobLabel holds the job's name, on its results claim and its helper pods.
	// It is not the job-name label of Kubernetes: the Job controller adopts pods by that.
	JobLabel = domain + "job"
	// Label holds a hash of the user's name, for selectors (names are no label values).
	Label = domain + "owner"
	// UseLabel is on a helper pod: a hash of the properties that a fetch must share with the fetch
	// that created the pod, to reuse it.
	UseLabel = domain + "use-of"
	// KeptLabel is on a helper pod that was left for the next fetch on purpose.
	KeptLabel = domain + "kept"
)

// claimDomain begins the label of pods that have a claim, which ends in its name.
const claimDomain = "claim." + domain

// ClaimLabel returns the label of the pods that have a claim which one node at a
// time may use. Names that are too long for a label are cut, and end in a hash.
func ClaimLabel(claim string) string {
	if len(claim) <= validation.LabelValueMaxLength {
		return claimDomain + claim
	}
	hash := Identity{Name: claim}.Hash()
	return claimDomain + claim[:validation.LabelValueMaxLength-len(hash)-1] + "-" + hash
}

// Annotations.
const (
	// Annotation is the name of the user for whom an object was created. On a results claim it is a mark: the user
	// whose job the claim was given to last. A copy of a Job also has it, see OfJob.
	Annotation = domain + "owner"
	// ResultsAnnotation is on a Job: the claim its results volume is.
	ResultsAnnotation = domain + "results"
	// ScriptAnnotation is on a Job: the ConfigMap with its script.
	ScriptAnnotation = domain + "script"
	// EnvAnnotation is on a Job: the Secrets with variables of it, with commas between.
	EnvAnnotation = domain + "env"
	// CreatedAsAnnotation is on a ConfigMap, Secret or Job that run created: NAMESPACE/NAME. A copy has another one.
	CreatedAsAnnotation = domain + "created-as"
	// BaseNameAnnotation is on a Job whose name was generated: the name without the suffix.
	BaseNameAnnotation = domain + "base-name"
	// CancelledAnnotation is a mark on a Job that cancel ended: when (RFC 3339).
	CancelledAnnotation = domain + "cancelled"
	// CancelledSpecAnnotation is a mark: what cancel changed of the Job's spec, as it was before, as JSON.
	CancelledSpecAnnotation = domain + "cancelled-spec"
	// CancelledByAnnotation is a mark: the user who cancelled the job.
	CancelledByAnnotation = domain + "cancelled-by"
	// ViaAnnotation is the prefix of the marks on a claim that is fetched through a bucket: one for each fetch, with
	// the objects to clean up, as JSON.
	ViaAnnotation = domain + "via-"
	// StartLimitAnnotation is how many seconds a helper pod may take to start; without it, helper.DefaultStartLimit.
	StartLimitAnnotation = domain + "start-limit"
	// SessionAnnotation is on a helper pod that a later fetch took: a random text of that fetch.
	SessionAnnotation = domain + "session"
	// UserAnnotation is a mark on a claim: the uid, gid and groups its files were written with, as JSON.
	UserAnnotation = domain + "user"
	// UseAnnotation is on everything that run created for a Job, and a mark on each results claim that run gave
	// to it: the name of the job and when run created it. Two jobs never have the same.
	UseAnnotation = domain + "use"
	// FetchedAnnotation is a mark on a job and its claim: when a complete, verified fetch ended (RFC 3339).
	FetchedAnnotation = domain + "fetched"
	// FetchedByAnnotation is a mark: the user who fetched the results.
	FetchedByAnnotation = domain + "fetched-by"
	// FetchedOfAnnotation is a mark: the UID of the job whose results were fetched.
	FetchedOfAnnotation = domain + "fetched-of"
	// FetchedFilesAnnotation is a mark: how many files were fetched.
	FetchedFilesAnnotation = domain + "fetched-files"
	// FetchedDigestAnnotation is a mark: the digest of the manifest that was fetched.
	FetchedDigestAnnotation = domain + "fetched-digest"
	// EmptyAnnotation is a mark on a job and its claim: when a fetch found no files (RFC 3339).
	EmptyAnnotation = domain + "empty"
)
