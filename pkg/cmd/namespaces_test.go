package cmd

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// sameNames are jobs, claims and pods of the same names in two namespaces.
func sameNames() (objects []runtime.Object) {
	for _, namespace := range []string{faketest.Namespace, "other"} {
		in := func(job *batchv1.Job) {
			job.Namespace, job.UID = namespace, faketest.UID(namespace+job.Name)
			job.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{batchv1.ControllerUidLabel: string(job.UID)}}
			mine(job)
		}
		pod := func(owner *batchv1.Job, phase corev1.PodPhase, changes ...func(*corev1.Pod)) *corev1.Pod {
			pod := faketest.PodOf(owner, owner.Name+"-x", phase, changes...)
			pod.UID = faketest.UID(namespace + pod.Name)
			return pod
		}
		helper := helperPod("x", corev1.PodSucceeded, time.Minute)
		helper.Namespace, helper.UID = namespace, faketest.UID(namespace+helper.Name)
		waits, busy := faketest.Job("waits", in), faketest.Job("busy", in, running)
		failed := faketest.Job("bad", in, faketest.Ended(batchv1.JobFailed, time.Hour, "BackoffLimitExceeded", "too many"))
		claim := results(corev1.ClaimBound, "1Gi", func(c *corev1.PersistentVolumeClaim) {
			c.Namespace, c.UID = namespace, faketest.UID(namespace+c.Name)
			usedBy("train")(c)
		})
		complete := done("kept", time.Hour, in, made("train-results"))
		foreign := faketest.Job("foreign", in, made("foreign-results"), faketest.Ended(batchv1.JobComplete, time.Hour), faketest.Marked(provenance.FetchedAnnotation, "2026-03-04T11:30:00Z"), faketest.Marked(provenance.FetchedByAnnotation, "anna"))
		objects = append(objects, helper, waits, busy, failed, complete, foreign, claim, pod(waits, corev1.PodPending, faketest.Waiting("ErrImagePull", "none")), pod(busy, corev1.PodRunning), pod(failed, corev1.PodFailed, faketest.Exited(3)))
	}
	return objects
}

// With -A, every line that names an object also names its namespace.
func TestNamespacesAreNamed(t *testing.T) {
	named := regexp.MustCompile(`\b(train-results|foreign(-results)?|waits(-x)?|busy(-x)?|bad(-x)?|kept|fetch-x)\b`)
	namespace := regexp.MustCompile(`\b(lab|other)\b`)
	refused := errors.New("the server refuses this")
	for _, line := range []string{
		"list -A", "list -A --state=Pending",
		"wait -A --failed", "wait -A --state=Pending,Running --timeout=1s",
		"logs -A --failed", "logs -A --state=Pending", "logs -A -f --failed",
		"cancel -A --all", "cancel -A --all -y",
		"purge -A", "purge -A -y", "purge -A -y --volumes", "purge -A --dry-run --volumes --discard-unfetched", "purge -A -y --volumes --discard-unfetched",
		"purge -A -y --fetched", "fetch -A --mine --plan",
	} {
		for name, cluster := range map[string]*faketest.Cluster{
			"": faketest.New(sameNames()...),
			"refused": faketest.New(sameNames()...).Refuse("delete", "jobs", refused).Refuse("patch", "jobs", refused).
				Refuse("delete", "persistentvolumeclaims", refused).Refuse("delete", "pods", refused),
		} {
			t.Run(strings.TrimSpace(line+" "+name), func(t *testing.T) {
				t.Parallel() // some of them wait for a second
				got := execute(t, cluster, strings.Fields(line)...)
				lines := 0
				for text := range strings.Lines(got.Stdout + got.Stderr) {
					if !named.MatchString(text) {
						continue
					}
					if lines++; !namespace.MatchString(text) {
						t.Errorf("no namespace in %q", text)
					}
				}
				if lines < 2 {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// With -A, fetch selects the jobs of all namespaces, and names the namespace of each.
func TestFetchEverywhere(t *testing.T) {
	got := execute(t, faketest.New(sameNames()...), "fetch", "-A", "--mine", "--plan", "-o", "json")
	for _, namespace := range []string{"lab", "other"} {
		if !strings.Contains(got.Stdout, `"namespace": "`+namespace+`"`) || !strings.Contains(got.Stderr, "error: "+namespace+"/kept: ") {
			t.Errorf("%s: %+v", namespace, got)
		}
	}
}
