package cmd

import (
	"slices"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// made adds what run writes on a job with results.
func made(claim string) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		metav1.SetMetaDataAnnotation(&j.ObjectMeta, provenance.UseAnnotation, j.Name+" 2026-03-01T00:00:00Z")
		if claim != "" {
			metav1.SetMetaDataAnnotation(&j.ObjectMeta, provenance.ResultsAnnotation, claim)
			mounts(claim)(j)
		}
	}
}

// mounts gives the pods of a job a claim.
func mounts(claim string) func(*batchv1.Job) {
	return func(j *batchv1.Job) {
		pod := &j.Spec.Template.Spec
		pod.Volumes = append(pod.Volumes, corev1.Volume{Name: claim, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claim},
		}})
		pod.Containers[0].VolumeMounts = append(pod.Containers[0].VolumeMounts, corev1.VolumeMount{Name: claim, MountPath: "/" + claim})
	}
}

func ownerless(c *corev1.PersistentVolumeClaim) { delete(c.Annotations, provenance.Annotation) }

// copied is what kubectl creates from the YAML of a claim.
func copied(c *corev1.PersistentVolumeClaim) *corev1.PersistentVolumeClaim {
	c.UID = "uid-copy"
	return c
}

// replaced is what kubectl replace --force creates from the YAML of a job.
func replaced(j *batchv1.Job) *batchv1.Job {
	j = j.DeepCopy()
	j.UID = "uid-new"
	return j
}

// of makes a pod one of job's.
func of(job *batchv1.Job) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		yes := true
		pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "Job", Name: job.Name, UID: job.UID, Controller: &yes}}
	}
}

// ofJob makes the results claim that of job.
func ofJob(job string) func(*corev1.PersistentVolumeClaim) {
	return func(c *corev1.PersistentVolumeClaim) {
		fetched := claim.MarkOf(c)
		c.Name, c.UID = job+"-results", faketest.UID(job+"-results")
		c.Labels[provenance.JobLabel] = job
		if usedBy(job)(c); fetched != nil {
			fetchedClaimBy(fetched.By)(c)
		}
	}
}

func deletesClaim(job string) string {
	return "delete persistentvolumeclaims " + job + "-results uid=uid-" + job + "-results"
}

// The preview shows results whose job no longer exists, even if they are kept.
func TestPurgeShowsOrphans(t *testing.T) {
	cluster := faketest.New(done("a", time.Hour), faketest.Job("live"), results(corev1.ClaimBound, "1Gi", ofJob("live")), results(corev1.ClaimBound, "1Gi", fetchedClaim, ofJob("ttl")))
	equal(t, execute(t, cluster, "purge", "--dry-run"), result{Stdout: `JOB               STATE      FINISHED   RESULTS       FETCHED   OWNER             ALSO DELETED
a                 Complete   60m ago    <none>        <none>    <none>            <none>
pvc/ttl-results   Gone       <none>     ttl-results   yes       dev@example.org   kept without --volumes
1 job would be deleted (dry run)
`})
}

// Volumes are deleted last, and only if no results can be lost.
func TestPurgeVolumes(t *testing.T) {
	const bound = corev1.ClaimBound
	train := done("train", time.Hour, made("train-results"))
	pod := faketest.PodOf(train, "train-x", corev1.PodSucceeded, of(train))
	marked := func(job string) *corev1.PersistentVolumeClaim { return results(bound, "1Gi", fetchedClaim, ofJob(job)) }
	goes := []string{deletes("train"), "delete pods train-x uid=uid-train-x", deletesClaim("train")}
	type test struct {
		cluster *faketest.Cluster
		args    []string
		want    result
	}
	for name, test := range map[string]test{
		"they stay by themselves": {faketest.New(train, pod, marked("train")), nil, result{Stdout: "job.batch/train deleted\n", Changes: goes[:2]}},
		"fetched": {faketest.New(train, pod, marked("train")), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\npersistentvolumeclaim/train-results deleted\n", Changes: goes,
		}},
		"not fetched": {faketest.New(train, pod, results(bound, "1Gi")), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\n", Changes: goes[:2],
			Stderr: "Kept 1 claim: train-results: results not fetched; run \"kubectl batch fetch NAME\", or use --discard-unfetched to delete them\n",
		}},
		"not fetched and discarded": {faketest.New(train, pod, results(bound, "1Gi")), []string{"--volumes", "--discard-unfetched"}, result{
			Stdout: "job.batch/train deleted\npersistentvolumeclaim/train-results deleted\n", Changes: goes,
			Stderr: "Results that were not fetched will be lost: train-results\n",
		}},
		"never used": {faketest.New(train, pod, results(corev1.ClaimPending, "1Gi")), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\npersistentvolumeclaim/train-results deleted\n", Changes: goes,
		}},
		"another job has it": {faketest.New(train, pod, marked("train"), faketest.Job("post", mounts("train-results"))), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\n", Changes: goes[:2], Stderr: "Kept 1 claim: train-results: job post uses it\n",
		}},
		"a pod of nobody has it": {
			faketest.New(train, pod, marked("train"), faketest.PodOf(train, "debug", corev1.PodSucceeded)),
			[]string{"--volumes"},
			result{Stdout: "job.batch/train deleted\n", Changes: goes[:2], Stderr: "Kept 1 claim: train-results: pod debug has ended but still mounts it; delete this pod to release the claim\n"},
		},
		"a job of people wrote to it after the fetch": {
			faketest.New(train, pod, marked("train"), done("post", time.Hour, mounts("train-results"))),
			[]string{"--volumes"},
			result{
				Stdout: "job.batch/post deleted\njob.batch/train deleted\n", Changes: append([]string{deletes("post")}, goes[:2]...),
				Stderr: "Kept 1 claim: train-results: job post finished after the last fetch\n",
			},
		},
		"claims of people": {
			faketest.New(done("a", time.Hour, mounts("data")), faketest.Claim("data", "1Gi", bound, fetchedClaim)),
			[]string{"--volumes", "--discard-unfetched"},
			result{Stdout: "job.batch/a deleted\n", Changes: []string{deletes("a")}},
		},
		"whose job is gone": {faketest.New(marked("ttl")), []string{"--volumes"}, result{
			Stdout: "persistentvolumeclaim/ttl-results deleted\n", Changes: []string{deletesClaim("ttl")},
		}},
		"whose job is gone, not fetched": {faketest.New(results(bound, "1Gi", ofJob("ttl"))), []string{"--volumes"}, result{
			Stderr: "Kept 1 claim: ttl-results: results not fetched; run \"kubectl batch fetch NAME\", or use --discard-unfetched to delete them\nNothing to purge in namespace \"lab\"\n",
		}},
		"whose job is gone, not fetched, by name": {faketest.New(results(bound, "1Gi", ofJob("ttl"))), []string{"--volumes", "pvc/ttl-results"}, result{
			Stderr: "error: cannot delete claim \"ttl-results\": results not fetched; run \"kubectl batch fetch NAME\", or use --discard-unfetched to delete them\n", Status: 1,
		}},
		"fetched by another user": {faketest.New(train, pod, results(bound, "1Gi", fetchedClaimBy("admin"))), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\n", Changes: goes[:2],
			Stderr: "Kept 1 claim: train-results: created by dev@example.org, fetched by admin; --fetched-by-anyone counts this fetch\n",
		}},
		"fetched by another user, which counts": {faketest.New(train, pod, results(bound, "1Gi", fetchedClaimBy("admin"))), []string{"--volumes", "--fetched-by-anyone"}, result{
			Stdout: "job.batch/train deleted\npersistentvolumeclaim/train-results deleted\n", Changes: goes,
		}},
		"without an owner, fetched by another user": {faketest.New(train, pod, results(bound, "1Gi", fetchedClaimBy("admin"), ownerless)), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\n", Changes: goes[:2],
			Stderr: "Kept 1 claim: train-results: created by an unknown user, fetched by admin; --fetched-by-anyone counts this fetch\n",
		}},
		"without an owner, fetched by the user": {faketest.New(train, pod, results(bound, "1Gi", fetchedClaim, ownerless)), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\npersistentvolumeclaim/train-results deleted\n", Changes: goes,
		}},
		"a job that replaced the one of which the results were fetched": {faketest.New(replaced(train), pod, marked("train")), []string{"--volumes"}, result{
			Stdout: "job.batch/train deleted\n", Changes: []string{"delete jobs train propagationPolicy=Background uid=uid-new"},
			Stderr: "Kept 1 claim: train-results: pod train-x has ended but still mounts it; delete this pod to release the claim\n",
		}},
		"a copy of a claim": {faketest.New(train, pod, copied(marked("train"))), []string{"--volumes", "--discard-unfetched"}, result{
			Stdout: "job.batch/train deleted\n", Changes: goes[:2],
		}},
		"whose job is gone, by name": {faketest.New(marked("ttl"), marked("other")), []string{"--volumes", "pvc/ttl-results"}, result{
			Stdout: "persistentvolumeclaim/ttl-results deleted\n", Changes: []string{deletesClaim("ttl")},
		}},
		"by the name of one whose job is there": {faketest.New(train, pod, marked("train")), []string{"--volumes", "pvc/train-results"}, result{
			Stderr: "error: cannot delete pvc/train-results: run did not create a claim with this name, or its job still exists; to delete a claim together with its job, name the job\n", Status: 1,
		}},
		"one named job takes no others": {faketest.New(train, pod, marked("train"), marked("ttl")), []string{"--volumes", "train"}, result{
			Stdout: "job.batch/train deleted\npersistentvolumeclaim/train-results deleted\n", Changes: goes,
		}},
		"a filter by state takes no others": {faketest.New(marked("ttl")), []string{"--volumes", "--failed"}, result{Stderr: "Nothing to purge in namespace \"lab\"\n"}},
		"by age of the fetch":               {faketest.New(marked("ttl")), []string{"--volumes", "--older-than=3d"}, result{Stdout: "persistentvolumeclaim/ttl-results deleted\n", Changes: []string{deletesClaim("ttl")}}},
		"too young":                         {faketest.New(marked("ttl")), []string{"--volumes", "--older-than=9d"}, result{Stderr: "Nothing to purge in namespace \"lab\"\n"}},
		"by another label":                  {faketest.New(marked("ttl")), []string{"--volumes", "-l", "team=x"}, result{Stderr: "Nothing to purge in namespace \"lab\"\n"}},
		"a job that stays keeps its claim": {
			faketest.New(train, pod, marked("train")).Refuse("delete", "jobs", errRefused),
			[]string{"--volumes"},
			result{
				Stderr:  "error: deleting job \"train\": " + errRefused.Error() + "\nclaim \"train-results\" was not deleted: job train was not deleted\n",
				Changes: goes[:1], Status: 1,
			},
		},
		"-o json": {faketest.New(train, pod, results(bound, "1Gi")), []string{"--volumes", "-o", "json"}, result{
			Stdout: `{"kind":"job.batch","name":"train","namespace":"lab","result":"deleted"}` + "\n" +
				`{"kind":"persistentvolumeclaim","name":"train-results","namespace":"lab","result":"kept","reason":"its results were not fetched"}` + "\n",
			Changes: goes[:2],
			Stderr:  "Kept 1 claim: train-results: results not fetched; run \"kubectl batch fetch NAME\", or use --discard-unfetched to delete them\n",
		}},
		"-o name": {faketest.New(train, pod, marked("train")), []string{"--volumes", "-o", "name", "--dry-run"}, result{
			Stdout: "job.batch/train\npersistentvolumeclaim/train-results\n",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := execute(t, test.cluster, append([]string{"purge", "-y"}, test.args...)...)
			lines := strings.SplitAfter(got.Stdout, "\n")
			slices.Sort(lines)
			got.Stdout = strings.Join(lines, "")
			want := test.want
			want.Changes = slices.Clone(want.Changes)
			if name != "fetched" { // that one shows the order
				slices.Sort(got.Changes)
				slices.Sort(want.Changes)
			}
			equal(t, got, want)
		})
	}
}
