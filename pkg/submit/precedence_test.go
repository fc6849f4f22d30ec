package submit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// settings are the settings of a plan that several sources can decide.
type settings struct {
	Name string
	// Create says that the results claim is new.
	Claim  string
	Create bool
	Path   string
	// SubPathExpr is set if each task has its own results directory.
	SubPathExpr string
	// Group is 0 for none.
	Group int64
	Image string
	// Backoff is -1 if it is left to the server.
	Backoff int32
	Time    int64
}

func settingsOf(plan *submit.Plan) settings {
	job := plan.Job
	template := job.Spec.Template.Spec
	got := settings{Name: job.Name, Claim: plan.ResultsClaim(), Create: plan.Claim != nil, Image: template.Containers[0].Image, Backoff: -1}
	for _, mount := range template.Containers[0].VolumeMounts {
		for _, volume := range template.Volumes {
			if volume.Name == mount.Name && volume.PersistentVolumeClaim != nil && volume.PersistentVolumeClaim.ClaimName == got.Claim {
				got.Path = mount.MountPath
				got.SubPathExpr = mount.SubPathExpr
			}
		}
	}
	if security := template.SecurityContext; security != nil && security.FSGroup != nil {
		got.Group = *security.FSGroup
	}
	if job.Spec.BackoffLimit != nil {
		got.Backoff = *job.Spec.BackoffLimit
	}
	if template.ActiveDeadlineSeconds != nil {
		got.Time = *template.ActiveDeadlineSeconds
	}
	return got
}

func ofManifest(job *batchv1.Job) func(*submit.Request) {
	return func(request *submit.Request) {
		request.Spec = spec.Job{}
		request.Base.Job = job
	}
}

func withoutName(request *submit.Request) { request.Spec.Name = "" }

func generateName(request *submit.Request) {
	request.Spec.Name = ""
	request.GenerateName = true
}

func array(request *submit.Request) { request.Spec.Lifecycle.Array = &spec.Array{Tasks: 3} }

// indexed makes a job an array whose tasks share one results directory.
func indexed(job *batchv1.Job) {
	mode, tasks := batchv1.IndexedCompletion, int32(3)
	job.Spec.CompletionMode = &mode
	job.Spec.Completions = &tasks
}

func inGroup(job *batchv1.Job) {
	group := int64(5)
	job.Spec.Template.Spec.SecurityContext = &corev1.PodSecurityContext{FSGroup: &group}
}

func retried(job *batchv1.Job) {
	limit, time := int32(4), int64(60)
	job.Spec.BackoffLimit = &limit
	job.Spec.Template.Spec.ActiveDeadlineSeconds = &time
}

func generatedName(job *batchv1.Job) {
	job.Name = "fit-abcde"
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, provenance.BaseNameAnnotation, "fit")
}

func cronJob(name string) *batchv1.CronJob {
	return &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: faketest.Namespace, UID: faketest.UID(name)},
		Spec:       batchv1.CronJobSpec{JobTemplate: batchv1.JobTemplateSpec{Spec: faketest.Job("template").Spec}},
	}
}

func openshift() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: faketest.Namespace, Annotations: map[string]string{"openshift.io/sa.scc.supplemental-groups": "1000/10000"}}}
}

const image = "localhost/train:1"

// The request decides before the base job, and the base job before a default. Directives in a script decide nothing.
func TestPrecedence(t *testing.T) {
	group := int64(7)
	pvc := claimOfLibrary("old-results", "1Gi", fetched)
	own := faketest.Claim("own", "1Gi", corev1.ClaimBound)
	for name, test := range map[string]struct {
		objects []runtime.Object
		request submit.Request
		want    settings
	}{
		"defaults of a new job": {nil, newJob(), settings{Name: "train", Image: image}},
		"name of the image":     {nil, newJob(generateName), settings{Name: "train-x7k2p", Image: image}},
		"name of the request, generated": {
			nil, newJob(func(r *submit.Request) { r.GenerateName = true; r.Spec.Name = "fit" }), settings{Name: "fit-x7k2p", Image: image},
		},
		"name of the manifest": {nil, newJob(ofManifest(faketest.Job("fit"))), settings{Name: "fit", Image: image, Backoff: -1}},
		"name of the request before the manifest": {
			nil, newJob(ofManifest(faketest.Job("fit")), func(r *submit.Request) { r.Spec.Name = "mine" }), settings{Name: "mine", Image: image, Backoff: -1},
		},
		"name without its generated suffix": {
			nil, newJob(ofManifest(faketest.Job("fit", generatedName)), generateName), settings{Name: "fit-x7k2p", Image: image, Backoff: -1},
		},
		"name of the CronJob": {
			[]runtime.Object{cronJob("nightly")},
			newJob(withoutName, func(r *submit.Request) { r.Base.CronJob = "nightly"; r.Spec.Container.Image = "" }),
			settings{Name: "nightly-x7k2p", Image: image, Backoff: -1},
		},

		"requested image before the base": {
			nil, newJob(ofManifest(faketest.Job("fit")), func(r *submit.Request) { r.Spec.Container.Image = "other:2" }), settings{Name: "fit", Image: "other:2", Backoff: -1},
		},
		"limits of the base": {nil, newJob(ofManifest(faketest.Job("fit", retried))), settings{Name: "fit", Image: image, Backoff: 4, Time: 60}},
		"requested limits before the base": {
			nil, newJob(ofManifest(faketest.Job("fit", retried)), func(r *submit.Request) {
				limit, time := int32(1), int64(5)
				r.Spec.Lifecycle.BackoffLimit = &limit
				r.Spec.Lifecycle.Time = &time
			}), settings{Name: "fit", Image: image, Backoff: 1, Time: 5},
		},
		"directives in a script": {nil, newJob(withScript), settings{Name: "train", Image: image}},

		"default path and group": {nil, newJob(createResults), settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", Group: 65532, Image: image}},
		"requested path":         {nil, newJob(createResults, mountedAt("/out")), settings{Name: "train", Claim: "train-results", Create: true, Path: "/out", Group: 65532, Image: image}},
		"path of the base": {
			[]runtime.Object{oldJob("old-results", "/data"), pvc},
			newJob(repeat),
			settings{Name: "old-x7k2p", Claim: "old-x7k2p-results", Create: true, Path: "/data", Group: 65532, Image: image, Backoff: -1},
		},
		"requested path before the base": {
			[]runtime.Object{oldJob("old-results", "/data"), pvc},
			newJob(repeat, mountedAt("/out")),
			settings{Name: "old-x7k2p", Claim: "old-x7k2p-results", Create: true, Path: "/out", Group: 65532, Image: image, Backoff: -1},
		},
		"claim of the base, reused": {
			[]runtime.Object{oldJob("old-results", "/data"), pvc},
			newJob(repeat, func(r *submit.Request) { r.Results.Reuse = true }),
			settings{Name: "old-x7k2p", Claim: "old-results", Path: "/data", Group: 65532, Image: image, Backoff: -1},
		},
		"requested claim before a renewed one": {
			[]runtime.Object{oldJob("old-results", "/data"), pvc, own},
			newJob(repeat, useClaim("own")),
			settings{Name: "old-x7k2p", Claim: "own", Path: "/data", Image: image, Backoff: -1},
		},
		"requested mount in place of the results": {
			[]runtime.Object{oldJob("old-results", "/data"), own}, newJob(repeat, func(r *submit.Request) {
				r.Spec.Storage.Mounts = []spec.Mount{{Mount: claim.Mount{Claim: "own", Path: "/data"}}}
			}), settings{Name: "old-x7k2p", Image: image, Backoff: -1},
		},

		"a directory for each task": {
			nil, newJob(createResults, array),
			settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", SubPathExpr: "$(JOB_COMPLETION_INDEX)", Group: 65532, Image: image, Backoff: -1},
		},
		"one directory on request": {
			nil, newJob(createResults, array, func(r *submit.Request) { r.Results.Shared = true }),
			settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", Group: 65532, Image: image, Backoff: -1},
		},
		"one directory as in the base": {
			[]runtime.Object{oldJob("old-results", "/data", indexed), pvc},
			newJob(repeat),
			settings{Name: "old-x7k2p", Claim: "old-x7k2p-results", Create: true, Path: "/data", Group: 65532, Image: image, Backoff: -1},
		},

		"requested group": {
			nil, newJob(createResults, func(r *submit.Request) {
				r.Results.SetGroup = true
				r.Results.Group = &group
				r.Spec.RunAs = &spec.User{UID: 8}
			}),
			settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", Group: 7, Image: image},
		},
		"no group on request": {
			nil, newJob(createResults, func(r *submit.Request) { r.Results.SetGroup = true }),
			settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", Image: image},
		},
		"group of the user": {
			nil, newJob(createResults, func(r *submit.Request) { r.Spec.RunAs = &spec.User{UID: 8} }),
			settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", Group: 8, Image: image},
		},
		"group of the base": {
			[]runtime.Object{oldJob("old-results", "/data", inGroup), pvc},
			newJob(repeat),
			settings{Name: "old-x7k2p", Claim: "old-x7k2p-results", Create: true, Path: "/data", Group: 5, Image: image, Backoff: -1},
		},
		"group of the namespace": {
			[]runtime.Object{openshift()},
			newJob(createResults),
			settings{Name: "train", Claim: "train-results", Create: true, Path: "/results", Image: image},
		},
		"no group for a claim of users": {
			[]runtime.Object{own}, newJob(useClaim("own")), settings{Name: "train", Claim: "own", Path: "/results", Image: image},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			plan, err := submit.Resolve(t.Context(), connect(t, faketest.New(test.objects...), &said), test.request)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, settingsOf(plan)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func mountedAt(path string) func(*submit.Request) {
	return func(request *submit.Request) { request.Results.Path = path }
}
