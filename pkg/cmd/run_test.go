package cmd

import (
	"errors"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// results is a claim that run created for job train, of the user who asks.
func results(phase corev1.PersistentVolumeClaimPhase, size string, changes ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	return faketest.Claim("train-results", size, phase, append([]func(*corev1.PersistentVolumeClaim){func(c *corev1.PersistentVolumeClaim) {
		c.Labels = map[string]string{provenance.ManagedByLabel: provenance.ManagedBy, provenance.ComponentLabel: provenance.ResultsComponent, provenance.JobLabel: "train"}
		usedBy("train")(c)
	}}, changes...)...)
}

// usedBy records that run gave a claim to a job of the user who asks.
func usedBy(job string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		markClaim(c, provenance.UseAnnotation, job+" 2026-02-01T00:00:00Z")
		markClaim(c, provenance.Annotation, faketest.User)
	}
}

func markClaim(c *corev1.PersistentVolumeClaim, key, text string) {
	metav1.SetMetaDataAnnotation(&c.ObjectMeta, key, provenance.Bind(c.UID, text))
}

// fetchedClaim records that its user has fetched the results on a claim.
func fetchedClaim(c *corev1.PersistentVolumeClaim) { fetchedClaimBy(faketest.User)(c) }

func fetchedClaimBy(user string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		markClaim(c, provenance.FetchedAnnotation, "2026-03-01T00:00:00Z")
		markClaim(c, provenance.FetchedByAnnotation, user)
		markClaim(c, provenance.FetchedOfAnnotation, string(faketest.UID(provenance.JobOf(c))))
		markClaim(c, provenance.FetchedFilesAnnotation, "3")
		markClaim(c, provenance.FetchedDigestAnnotation, "xxh3:1")
	}
}

func dying(c *corev1.PersistentVolumeClaim) {
	startedAt := metav1.NewTime(faketest.Now())
	c.DeletionTimestamp, c.Finalizers = &startedAt, []string{"kubernetes.io/pvc-protection"}
}

var errRefused = apierrors.NewForbidden(batchv1.Resource("jobs"), "train", errors.New("exceeded quota"))

const (
	makesClaim = "create persistentvolumeclaims train-results fieldManager=kubectl-batch"
	makesJob   = "create jobs train fieldManager=kubectl-batch"
	// takes is the patch that gives the claim to job train, and gives the one that undoes it.
	takes = `patch persistentvolumeclaims train-results application/merge-patch+json {"metadata":{"annotations":{` +
		`"kubectl-batch.github.io/empty":null,"kubectl-batch.github.io/fetched":null,"kubectl-batch.github.io/fetched-by":null,` +
		`"kubectl-batch.github.io/fetched-digest":null,"kubectl-batch.github.io/fetched-files":null,"kubectl-batch.github.io/fetched-of":null,` +
		`"kubectl-batch.github.io/owner":"uid-train-results dev@example.org","kubectl-batch.github.io/use":"uid-train-results train 2026-03-04T12:00:00Z",` +
		`"kubectl-batch.github.io/user":null},"uid":"uid-train-results"}}`
	gives = `patch persistentvolumeclaims train-results application/merge-patch+json {"metadata":{"annotations":{` +
		`"kubectl-batch.github.io/empty":null,"kubectl-batch.github.io/fetched":"uid-train-results 2026-03-01T00:00:00Z",` +
		`"kubectl-batch.github.io/fetched-by":"uid-train-results dev@example.org","kubectl-batch.github.io/fetched-digest":"uid-train-results xxh3:1",` +
		`"kubectl-batch.github.io/fetched-files":"uid-train-results 3","kubectl-batch.github.io/fetched-of":"uid-train-results uid-train",` +
		`"kubectl-batch.github.io/owner":"uid-train-results dev@example.org","kubectl-batch.github.io/use":"uid-train-results train 2026-02-01T00:00:00Z",` +
		`"kubectl-batch.github.io/user":null},"uid":"uid-train-results"}}`
	nextSteps = "\nNext:\n  kubectl batch logs train -f\n  kubectl batch wait train\n  kubectl batch fetch train\n"
	full      = "jobs.batch \"train\" is forbidden: exceeded quota\n"
)

func TestRun(t *testing.T) {
	plain := []string{"run", "train", "--image=localhost/train:1"}
	withResults := []string{"run", "train", "--image=localhost/train:1", "--results=10Gi"}
	type test struct {
		cluster *faketest.Cluster
		args    []string
		want    result
	}
	for name, test := range map[string]test{
		"a job alone": {faketest.New(), plain, result{
			Stdout: "job.batch/train created\n",
			Stderr: "\nNext:\n  kubectl batch logs train -f\n  kubectl batch wait train\n" +
				"Files written by this job are lost when its container ends. Use --results=SIZE to keep them on a volume.\n",
			Changes: []string{makesJob},
		}},
		"the claim before the job": {faketest.New(), withResults, result{
			Stdout: "persistentvolumeclaim/train-results created\njob.batch/train created\n", Stderr: nextSteps,
			Changes: []string{makesClaim, takes, makesJob},
		}},
		"next lines reach the same cluster": {faketest.New().Typed("--context", "lab", "-n", "vision"), withResults, result{
			Stdout: "persistentvolumeclaim/train-results created\njob.batch/train created\n",
			Stderr: "\nNext:\n  kubectl batch logs --context lab -n vision train -f\n  kubectl batch wait --context lab -n vision train\n" +
				"  kubectl batch fetch --context lab -n vision train\n",
			Changes: []string{makesClaim, takes, makesJob},
		}},
		"next names the path of a claim that is written to": {
			faketest.New(faketest.Claim("data", "1Gi", corev1.ClaimBound)), append(plain[:3:3], "--pvc=data:/in:ro", "--pvc=data/run7:/out"), result{
				Stdout:  "job.batch/train created\n",
				Stderr:  strings.Replace(nextSteps, "fetch train\n", "fetch train /out\n", 1),
				Changes: []string{makesJob},
			},
		},
		"name alone": {faketest.New(), append(withResults[:4:4], "-o", "name"), result{
			Stdout: "job.batch/train\n", Stderr: nextSteps, Changes: []string{makesClaim, takes, makesJob},
		}},
		"a name that is taken": {faketest.New(faketest.Job("train")), plain, result{
			Stderr: "error: job \"train\" already exists in namespace \"lab\"; use --generate-name for a new name, " +
				"run \"kubectl batch rerun train\" to run that job again, or run \"kubectl batch purge train\" to delete it when it is finished\n",
			Status: 1, Changes: []string{makesJob},
		}},
		"a refused job takes its claim with it": {faketest.New().Refuse("create", "jobs", errRefused), withResults, result{
			Stderr: "Error from server (Forbidden): " + full, Status: 1,
			Changes: []string{makesClaim, takes, makesJob, "delete persistentvolumeclaims train-results uid=uid-train-results"},
		}},
		"a refused claim": {faketest.New().Refuse("create", "persistentvolumeclaims", errRefused), withResults, result{
			Stderr: "Error from server (Forbidden): " + full, Status: 1, Changes: []string{makesClaim},
		}},
		"a claim that is not there": {faketest.New(), append(plain[:3:3], "--pvc=data"), result{
			Stderr: "error: --pvc=data: no claim \"data\" in namespace \"lab\"\n", Status: 1,
		}},
		"a claim that goes away": {faketest.New(faketest.Claim("data", "1Gi", corev1.ClaimBound, dying)), append(plain[:3:3], "--pvc=data"), result{
			Stderr: "error: --pvc=data: claim \"data\" is being deleted\n", Status: 1,
		}},
		"a claim that may not be read is tried": {
			faketest.New().Refuse("get", "persistentvolumeclaims", apierrors.NewForbidden(corev1.Resource("persistentvolumeclaims"), "data", nil)),
			append(plain[:3:3], "--pvc=data", "-oname"),
			result{Stdout: "job.batch/train\n", Stderr: strings.Replace(nextSteps, "fetch train\n", "fetch train /data\n", 1), Changes: []string{makesJob}},
		},
		"a cluster that does not know who is asking": {
			faketest.New().Refuse("create", "selfsubjectreviews", apierrors.NewNotFound(corev1.Resource("selfsubjectreviews"), "")),
			append(withResults[:4:4], "-oname"),
			result{Stdout: "job.batch/train\n", Stderr: nextSteps, Changes: []string{
				makesClaim, strings.Replace(takes, `"uid-train-results dev@example.org"`, "null", 1), makesJob,
			}},
		},
	} {
		t.Run(name, func(t *testing.T) { equal(t, execute(t, test.cluster, test.args...), test.want) })
	}
}

// What is there under the name of the results claim is used only where nothing on it can be lost.
func TestRunOverAClaim(t *testing.T) {
	const using = "Using existing claim train-results (10Gi)"
	empty, fetched := using+", which is empty\n"+nextSteps, using+" with the 3 files of job train, fetched 2026-03-01T00:00:00Z; this job writes to the same claim\n"+nextSteps
	unfetched := using + " with the files of job train, which were not fetched; this job can overwrite them\n" + nextSteps
	type test struct {
		cluster *faketest.Cluster
		flags   []string
		want    result
	}
	for name, test := range map[string]test{
		"not used yet": {faketest.New(results(corev1.ClaimPending, "10Gi")), nil, result{
			Stdout: "job.batch/train created\n", Stderr: empty, Changes: []string{makesClaim, takes, makesJob},
		}},
		"fetched": {faketest.New(results(corev1.ClaimBound, "10Gi", fetchedClaim)), nil, result{
			Stdout: "job.batch/train created\n", Stderr: fetched, Changes: []string{makesClaim, takes, makesJob},
		}},
		"not fetched": {faketest.New(results(corev1.ClaimBound, "10Gi")).Typed("-n", "lab"), nil, result{
			Stderr: "error: claim \"train-results\" holds results that were not fetched; run \"kubectl batch fetch -n lab pvc/train-results\", " +
				"or use --overwrite-unfetched to overwrite them\n",
			Status: 1, Changes: []string{makesClaim},
		}},
		"not fetched, and let go": {faketest.New(results(corev1.ClaimBound, "10Gi")), []string{"--overwrite-unfetched"}, result{
			Stdout: "job.batch/train created\n", Stderr: unfetched, Changes: []string{makesClaim, takes, makesJob},
		}},
		"of somebody else": {faketest.New(faketest.Claim("train-results", "10Gi", corev1.ClaimBound)), []string{"--reuse-results"}, result{
			Stderr: "error: claim \"train-results\" already exists and was not created by run; " +
				"use --results=pvc/train-results to write to it\n",
			Status: 1, Changes: []string{makesClaim},
		}},
		"too small": {faketest.New(results(corev1.ClaimBound, "5Gi", fetchedClaim)), nil, result{
			Stderr: "error: claim \"train-results\" already exists, and its size is 5Gi, less than --results=10Gi; " +
				"use --reuse-results to write to it again, or delete it if its results are safe: run \"kubectl delete pvc train-results\"\n",
			Status: 1, Changes: []string{makesClaim},
		}},
		"too small, and taken": {faketest.New(results(corev1.ClaimBound, "5Gi", fetchedClaim)), []string{"--reuse-results"}, result{
			Stdout: "job.batch/train created\n", Stderr: strings.Replace(fetched, "10Gi", "5Gi", 1), Changes: []string{makesClaim, takes, makesJob},
		}},
		"of another kind": {faketest.New(results(corev1.ClaimBound, "10Gi", fetchedClaim)), []string{"--access-mode=RWX", "--reuse-results"}, result{
			Stderr: "error: claim \"train-results\" already exists, and its access mode is not ReadWriteMany; use --results=pvc/train-results to write to it, " +
				"or delete it if its results are safe: run \"kubectl delete pvc train-results\"\n",
			Status: 1, Changes: []string{makesClaim},
		}},
		"going away": {faketest.New(results(corev1.ClaimBound, "10Gi", fetchedClaim, dying)), []string{"--reuse-results"}, result{
			Stderr: "error: claim \"train-results\" is being deleted; run the command again when it no longer exists\n",
			Status: 1, Changes: []string{makesClaim},
		}},
		"a refused job leaves the marks as they were": {
			faketest.New(results(corev1.ClaimBound, "10Gi", fetchedClaim)).Refuse("create", "jobs", errRefused), nil,
			result{
				Stderr: strings.TrimSuffix(fetched, nextSteps) + "Error from server (Forbidden): " + full,
				Status: 1, Changes: []string{makesClaim, takes, makesJob, gives},
			},
		},
		"a dry run leaves the marks alone": {
			faketest.New(results(corev1.ClaimBound, "10Gi", fetchedClaim)),
			[]string{"--dry-run=server"},
			result{
				Stdout:  "job.batch/train created (server dry run)\n",
				Changes: []string{makesClaim + " dryRun=All", makesJob + " dryRun=All"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"run", "train", "--image=localhost/train:1", "--results=10Gi"}, test.flags...)
			equal(t, execute(t, test.cluster, args...), test.want)
		})
	}
}
