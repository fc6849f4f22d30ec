package results

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// plainLines formats command lines without quoting.
type plainLines struct{}

func (plainLines) Line(words ...string) string    { return strings.Join(words, " ") }
func (plainLines) Kubectl(words ...string) string { return "kubectl " + strings.Join(words, " ") }
func (plainLines) Quote(word string) string       { return word }

// newTestConfig returns the environment of a fetch from the given objects, and what receives its messages.
func newTestConfig(t *testing.T, objects ...runtime.Object) (Config, *strings.Builder) {
	t.Helper()
	client, err := faketest.New(objects...).Clientset()
	if err != nil {
		t.Fatal(err)
	}
	said := &strings.Builder{}
	return Config{Client: client, Commands: plainLines{}, Say: func(lines ...string) { said.WriteString(strings.Join(lines, "\n") + "\n") }}, said
}

// withResults makes a job write to its results claim at /results.
func withResults(owner *batchv1.Job) {
	mounts(corev1.VolumeMount{MountPath: "/results"})(owner)
	owner.Spec.Template.Spec.Volumes[0].PersistentVolumeClaim.ClaimName = owner.Name + "-results"
	metav1.SetMetaDataAnnotation(&owner.ObjectMeta, provenance.ResultsAnnotation, owner.Name+"-results")
}

// resultsClaim returns a bound claim that run created for the results of a job.
func resultsClaim(name, owner string, changes ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	return faketest.Claim(name, "1Gi", corev1.ClaimBound, append([]func(*corev1.PersistentVolumeClaim){func(pvc *corev1.PersistentVolumeClaim) {
		pvc.Labels = map[string]string{
			provenance.JobLabel: owner, provenance.ComponentLabel: provenance.ResultsComponent, provenance.ManagedByLabel: provenance.ManagedBy,
		}
		pvc.Annotations = map[string]string{provenance.UseAnnotation: string(pvc.UID) + " " + owner + " " + faketest.Now().Format(time.RFC3339Nano)}
	}}, changes...)...)
}

// locationSummary is the part of a resultsLocation that a request decides.
type locationSummary struct {
	Name, Claim, Job, Path, Pod string
	Paths                       []string
	All, Only, OtherUse         bool
	Deleted                     bool
	Tasks                       map[string]int
}

func summarize(l *resultsLocation) locationSummary {
	f := locationSummary{Name: l.name, Claim: l.claim.Name, Path: l.Path, Paths: l.Paths, All: l.All, Only: l.onlyResults, OtherUse: l.otherUse, Deleted: l.deleted, Tasks: l.tasks}
	if l.job != nil {
		f.Job = l.job.Name
	}
	if l.pod != nil {
		f.Pod = l.pod.Name
	}
	return f
}

func TestLocate(t *testing.T) {
	train := faketest.Job("train", withResults)
	old := faketest.Job("train", withResults)
	old.UID = "old"
	array := faketest.Job("array", tasks(3), mounts(corev1.VolumeMount{MountPath: "/out", SubPathExpr: "runs/$(JOB_COMPLETION_INDEX)"}))
	data := faketest.Claim("data", "1Gi", corev1.ClaimBound)
	claim := resultsClaim("train-results", "train")
	reused := resultsClaim("train-results", "next")
	copied := resultsClaim("copy", "train", func(pvc *corev1.PersistentVolumeClaim) { pvc.Annotations = nil })
	whole := []string{"."}
	for name, test := range map[string]struct {
		request Request
		objects []runtime.Object
		want    locationSummary
		says    string
	}{
		"job": {
			Request{Job: "train"},
			[]runtime.Object{train, claim},
			locationSummary{Name: "train", Claim: "train-results", Job: "train", Path: "/results", Paths: whole, All: true, Only: true},
			"",
		},
		"paths of a job": {
			Request{Job: "train", Paths: []string{"/results/a/b", "c"}},
			[]runtime.Object{train, claim},
			locationSummary{Name: "train", Claim: "train-results", Job: "train", Path: "/results", Paths: []string{"a/b", "c"}, Only: true},
			"",
		},
		"claim of a job": {
			Request{Claim: "train-results", Paths: []string{"/results/a"}},
			[]runtime.Object{train, claim},
			locationSummary{Name: "train-results", Claim: "train-results", Job: "train", Path: "/results", Paths: []string{"a"}, Only: true},
			"",
		},
		"claim without a job": {
			Request{Claim: "data"},
			[]runtime.Object{data},
			locationSummary{Name: "data", Claim: "data", Path: "/results", Paths: whole, All: true, Only: true},
			"",
		},
		"missing job": {
			Request{Job: "train"},
			[]runtime.Object{claim, copied},
			locationSummary{Name: "train", Claim: "train-results", Path: "/results", Paths: whole, All: true, Only: true},
			"Job train was deleted; its results are on claim train-results\n",
		},
		"missing job with a restored claim": {
			Request{Job: "train"},
			[]runtime.Object{copied},
			locationSummary{Name: "train", Claim: "copy", Path: "/results", Paths: whole, All: true, Only: true},
			"Job train was deleted; its results are on claim copy\n",
		},
		"job that another one has replaced": {
			Request{Job: "train", Last: old},
			[]runtime.Object{train, claim},
			locationSummary{Name: "train", Claim: "train-results", Job: "train", Path: "/results", Paths: whole, All: true, Only: true, Deleted: true},
			"Job train was deleted after it ended; its results are on claim train-results\n",
		},
		"claim of another job": {
			Request{Job: "train", Anyway: true},
			[]runtime.Object{faketest.Job("train", withResults, faketest.Annotated(provenance.UseAnnotation, "train")), reused},
			locationSummary{Name: "train", Claim: "train-results", Job: "train", Path: "/results", Paths: whole, All: true, Only: true, OtherUse: true},
			"",
		},
		"tasks": {
			Request{Job: "array", Paths: []string{"a"}, Tasks: Tasks{{2, 2}, {0, 0}}},
			[]runtime.Object{array, data},
			locationSummary{Name: "array", Claim: "data", Job: "array", Path: "/out", Paths: []string{"0/a", "2/a"}, Only: true, Tasks: map[string]int{"0/a": 0, "2/a": 2}},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			config, said := newTestConfig(t, test.objects...)
			test.request.Namespace = faketest.Namespace
			location, err := newLocator(&config, &test.request, faketest.Namespace).locate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, summarize(location)); diff != "" || said.String() != test.says {
				t.Errorf("said %q; want -, got +:\n%s", said, diff)
			}
		})
	}
}

func TestLocateRefuses(t *testing.T) {
	train := faketest.Job("train", withResults)
	claim := resultsClaim("train-results", "train")
	phase := func(phase corev1.PersistentVolumeClaimPhase) *corev1.PersistentVolumeClaim {
		return resultsClaim("train-results", "train", func(pvc *corev1.PersistentVolumeClaim) { pvc.Status.Phase = phase })
	}
	taken := faketest.Job("train", withResults, faketest.Annotated(provenance.UseAnnotation, "train"))
	for want, test := range map[string]struct {
		request Request
		objects []runtime.Object
		wrong   bool // the request is
	}{
		`no job "eval" in namespace "lab"; to fetch from the claim of that name, run "fetch pvc/eval"`: {
			Request{Job: "eval"}, []runtime.Object{faketest.Claim("eval", "1Gi", corev1.ClaimBound)}, false,
		},
		`no claim "train-result" in namespace "lab"; similar names: train-results`:                        {Request{Claim: "train-result"}, []runtime.Object{claim}, false},
		`claim "train-results" does not exist in namespace "lab": the claim and its results were deleted`: {Request{Job: "train"}, []runtime.Object{train}, false},
		`claim "train-results" has no volume yet: no pod has used it, so there are no files to fetch`:     {Request{Job: "train"}, []runtime.Object{train, phase(corev1.ClaimPending)}, false},
		`claim "train-results" has lost its volume (phase Lost)`:                                          {Request{Job: "train"}, []runtime.Object{train, phase(corev1.ClaimLost)}, false},
		`job "train": claim train-results is now used by job next (since 2026-03-04T12:00:00Z), which may have replaced its files; use --anyway to fetch the current files`: {
			Request{Job: "train"}, []runtime.Object{taken, resultsClaim("train-results", "next")}, false,
		},
		`--task=1: job "train" is not an array job (its completionMode is not Indexed)`:                               {Request{Job: "train", Tasks: Tasks{{1, 1}}}, []runtime.Object{train, claim}, true},
		`--task=1: job "train" was deleted, so the directories of its tasks are unknown; use the directory as PATH`:   {Request{Job: "train", Tasks: Tasks{{1, 1}}}, []runtime.Object{claim}, true},
		`invalid PATH "./out": it looks like a local directory; to copy to it, run "fetch train /results/a -d ./out"`: {Request{Job: "train", Paths: []string{"/results/a", "./out"}}, []runtime.Object{faketest.Job("train")}, true},
		`invalid PATH "../a": it is outside the volume`:                                                               {Request{Claim: "train-results", Paths: []string{"../a"}}, []runtime.Object{train, claim}, false},
	} {
		config, _ := newTestConfig(t, test.objects...)
		test.request.Namespace = faketest.Namespace
		_, err := newLocator(&config, &test.request, faketest.Namespace).locate(t.Context())
		if err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
			continue
		}
		if _, wrong := errors.AsType[*RequestError](err); wrong != test.wrong {
			t.Errorf("%v: a *RequestError is %t", err, wrong)
		}
	}
}

// TestLocateInPod: files on an emptyDir volume are read in the pod, if exactly one pod runs and no helper pod is required.
func TestLocateInPod(t *testing.T) {
	scratch := faketest.Job("scratch", mounts(corev1.VolumeMount{MountPath: "/scratch"}))
	scratch.Spec.Template.Spec.Volumes[0].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	running := func(name string) *corev1.Pod {
		return faketest.PodOf(scratch, name, corev1.PodRunning, func(pod *corev1.Pod) {
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
		})
	}
	for name, test := range map[string]struct {
		request Request
		pods    []runtime.Object
		want    string // a part of the error; "" for none
	}{
		"a pod":     {Request{Paths: []string{"/scratch/a"}}, []runtime.Object{running("p1")}, ""},
		"two pods":  {Request{Paths: []string{"/scratch/a"}}, []runtime.Object{running("p1"), running("p2")}, `copy them with "kubectl cp -c main lab/p1:/scratch/a scratch"`},
		"no pod":    {Request{Paths: []string{"/scratch/a"}}, nil, `/scratch/a was on emptyDir volume "v", which exists only while its pod runs`},
		"pending":   {Request{Paths: []string{"/scratch/a"}}, []runtime.Object{faketest.PodOf(scratch, "p1", corev1.PodPending)}, `pod "p1" is still pending; run fetch again when it runs`},
		"a tunnel":  {Request{Transfer: Transfer{Transport: "tunnel"}}, []runtime.Object{running("p1")}, "--transport=tunnel requires a helper pod, which cannot mount an emptyDir volume"},
		"no volume": {Request{Paths: []string{"/tmp/a"}, Dir: "out"}, []runtime.Object{running("p1")}, `copy them with "kubectl cp -c main lab/p1:/tmp/a out"`},
	} {
		config, _ := newTestConfig(t, append(test.pods, scratch)...)
		test.request.Namespace, test.request.Job = faketest.Namespace, job.Ref("scratch")
		location, err := newLocator(&config, &test.request, faketest.Namespace).locate(t.Context())
		switch {
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: %v; want %s", name, err, test.want)
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want == "":
			want := locationSummary{Name: "scratch", Claim: "p1", Job: "scratch", Path: "/scratch", Pod: "p1", Paths: []string{"a"}}
			if diff := cmp.Diff(want, summarize(location)); diff != "" {
				t.Errorf("%s: want -, got +:\n%s", name, diff)
			}
		}
	}
}

// TestUnfetched: a job counts if it has ended, its claim exists and is its own, and neither is marked as fetched by the user.
func TestUnfetched(t *testing.T) {
	ended := faketest.Ended(batchv1.JobComplete, time.Hour)
	ready := faketest.Job("ready", withResults, ended)
	running := faketest.Job("running", withResults)
	without := faketest.Job("without", withResults, ended)
	replaced := faketest.Job("replaced", withResults, ended, faketest.Annotated(provenance.UseAnnotation, "replaced"))
	config, _ := newTestConfig(t, resultsClaim("ready-results", "ready"), resultsClaim("running-results", "running"), resultsClaim("replaced-results", "next"))
	jobs, err := Unfetched(t.Context(), config.Client, faketest.Namespace, provenance.Identity{Name: "ada"}, []*batchv1.Job{ready, running, without, replaced})
	if err != nil || len(jobs) != 1 || jobs[0] != ready {
		t.Errorf("%v, %v", jobs, err)
	}
}
