package cmd

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// withResults makes a job write to a claim that run created for it.
func withResults(job *batchv1.Job) {
	claim := job.Name + "-results"
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.ResultsAnnotation, claim)
	mounting(claim)(job)
	job.Spec.Template.Spec.Containers[0].VolumeMounts[0].MountPath = "/results"
}

func mine(job *batchv1.Job) { faketest.OwnedBy(faketest.User)(job) }

func keys(files map[string]string) []string { return slices.Sorted(maps.Keys(files)) }

// here is the directory that contains testdata.
var here, _ = os.Getwd()

// measured is what differs from run to run.
var measured = regexp.MustCompile(`("wireBytes": )\d+`)

func golden(t *testing.T, name string, got result) {
	t.Helper()
	faketest.Golden(t, name, measured.ReplaceAllString(got.Stdout, "${1}0"))
}
