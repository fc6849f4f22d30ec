package submit_test

import (
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// connect returns what Resolve and Create use of a fake cluster. Messages are appended to said.
func connect(t *testing.T, fake *faketest.Cluster, said *[]string) submit.Cluster {
	t.Helper()
	client, err := fake.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	return submit.Cluster{
		Client: client, Objects: fake.Objects, Executor: fake.Executor, Now: faketest.Now,
		Suffix:  func(length int) string { return "x7k2p"[:length] },
		Command: func(words ...string) string { return "kubectl batch " + strings.Join(words, " ") },
		Say:     func(text string) { *said = append(*said, text) },
	}
}

// newJob returns a request for a job without a base.
func newJob(changes ...func(*submit.Request)) submit.Request {
	request := submit.Request{Namespace: faketest.Namespace, Spec: spec.Job{Name: "train", Container: spec.Container{Image: "localhost/train:1"}}}
	for _, change := range changes {
		change(&request)
	}
	return request
}

// createResults requests a new results claim.
func createResults(request *submit.Request) {
	create, err := claimSpec("1Gi")
	if err != nil {
		panic(err)
	}
	request.Results.Create = create
}

func claimSpec(size string) (*claim.Spec, error) {
	access, err := claim.ParseAccess("")
	pvc := faketest.Claim("size", size, corev1.ClaimBound)
	return &claim.Spec{Size: pvc.Spec.Resources.Requests[corev1.ResourceStorage], Access: access}, err
}

// useClaim requests an existing results claim.
func useClaim(name string) func(*submit.Request) {
	return func(request *submit.Request) {
		request.Results.Existing = &claim.Mount{Claim: name}
		request.References.Add(submit.Reference{Source: "--results", Kind: submit.ClaimKind, Name: name, Text: "pvc/" + name})
	}
}

func withScript(request *submit.Request) {
	request.Spec.Storage.Script = &spec.Script{File: "train.sh", Data: []byte("#!/bin/sh\n#SBATCH --time=1:00:00\n")}
}

func withSecretVariable(request *submit.Request) {
	request.SecretVariables = map[string]string{"KEY": "secret"}
}

func repeat(request *submit.Request) {
	request.Spec = spec.Job{}
	request.Base.Repeat = "old"
}

func dryRun(mode submit.DryRun) func(*submit.Request) {
	return func(request *submit.Request) { request.DryRun = mode }
}

// oldJob returns a finished job of the test user, with its results on a claim at a path.
func oldJob(pvc, path string, changes ...func(*batchv1.Job)) *batchv1.Job {
	return faketest.Job("old", append([]func(*batchv1.Job){faketest.OwnedBy(faketest.User), func(job *batchv1.Job) {
		metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.ResultsAnnotation, pvc)
		pod := &job.Spec.Template.Spec
		pod.Volumes = []corev1.Volume{{Name: "results", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: pvc},
		}}}
		pod.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "results", MountPath: path}}
	}}, changes...)...)
}

// claimOfLibrary returns a results claim that this library created for the job old, with that size.
func claimOfLibrary(name, size string, changes ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	return faketest.Claim(name, size, corev1.ClaimBound, append([]func(*corev1.PersistentVolumeClaim){func(pvc *corev1.PersistentVolumeClaim) {
		pvc.Labels = map[string]string{provenance.ManagedByLabel: provenance.ManagedBy, provenance.ComponentLabel: provenance.ResultsComponent, provenance.JobLabel: "old"}
		annotate(pvc, provenance.UseAnnotation, "old 2026-02-01T00:00:00Z")
		annotate(pvc, provenance.Annotation, faketest.User)
	}}, changes...)...)
}

// fetched records that the results on a claim were fetched.
func fetched(pvc *corev1.PersistentVolumeClaim) {
	annotate(pvc, provenance.FetchedAnnotation, "2026-03-01T00:00:00Z")
	annotate(pvc, provenance.FetchedByAnnotation, faketest.User)
	annotate(pvc, provenance.FetchedOfAnnotation, string(faketest.UID("old")))
	annotate(pvc, provenance.FetchedFilesAnnotation, "3")
	annotate(pvc, provenance.FetchedDigestAnnotation, "xxh3:1")
}

func annotate(pvc *corev1.PersistentVolumeClaim, key, text string) {
	metav1.SetMetaDataAnnotation(&pvc.ObjectMeta, key, provenance.Bind(pvc.UID, text))
}

func TestPersists(t *testing.T) {
	for mode, want := range map[submit.DryRun]bool{"": true, submit.DryRunNone: true, submit.DryRunClient: false, submit.DryRunServer: false} {
		if got := mode.Persists(); got != want {
			t.Errorf("%q: %v, want %v", mode, got, want)
		}
	}
}
