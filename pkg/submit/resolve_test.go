package submit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/job/spec"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

func mounts(paths ...string) func(*submit.Request) {
	return func(request *submit.Request) {
		for _, path := range paths {
			request.Spec.Storage.Mounts = append(request.Spec.Storage.Mounts, spec.Mount{Mount: claim.Mount{Claim: "data", Path: path}})
		}
		request.References.Add(submit.Reference{Source: "--pvc", Kind: submit.ClaimKind, Name: "data"})
	}
}

func retryOn(request *submit.Request) { request.Spec.Lifecycle.RetryOn = []int32{75} }

// TestResolveRefuses: nothing is created for a request that cannot succeed. An InvalidError is the user's mistake.
func TestResolveRefuses(t *testing.T) {
	restarting := faketest.Job("fit", func(job *batchv1.Job) { job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyOnFailure })
	deleted := faketest.Claim("data", "1Gi", corev1.ClaimBound, func(pvc *corev1.PersistentVolumeClaim) {
		now := metav1.NewTime(faketest.Now())
		pvc.DeletionTimestamp = &now
		pvc.Finalizers = []string{"kubernetes.io/pvc-protection"}
	})
	device := faketest.Claim("data", "1Gi", corev1.ClaimBound, func(pvc *corev1.PersistentVolumeClaim) {
		block := corev1.PersistentVolumeBlock
		pvc.Spec.VolumeMode = &block
	})
	data := faketest.Claim("data", "1Gi", corev1.ClaimBound)
	for name, test := range map[string]struct {
		objects []runtime.Object
		request submit.Request
		want    string
		invalid bool
	}{
		"a missing claim":     {nil, newJob(mounts("/data")), `--pvc=data: no claim "data" in namespace "lab"`, false},
		"a deleted claim":     {[]runtime.Object{deleted}, newJob(mounts("/data")), `claim "data" is being deleted`, false},
		"a block device":      {[]runtime.Object{device}, newJob(mounts("/data")), "cannot be mounted as a directory", false},
		"a missing CronJob":   {nil, newJob(func(r *submit.Request) { r.Base.CronJob = "nightly" }), `no CronJob "nightly"`, false},
		"a missing job":       {nil, newJob(repeat), `no job "old" in namespace "lab"`, false},
		"a missing renewal":   {[]runtime.Object{oldJob("old-results", "/data")}, newJob(repeat), `results claim "old-results" of job "old" does not exist`, false},
		"a claim of users":    {[]runtime.Object{oldJob("data", "/data"), data}, newJob(repeat), `results claim "data" of job "old" was not created by run`, false},
		"an invalid name":     {nil, newJob(func(r *submit.Request) { r.Spec.Name = "A" }), `invalid job name "A"`, true},
		"one path twice":      {[]runtime.Object{data}, newJob(mounts("/data", "/data")), "have the same mount path /data", true},
		"the results path":    {[]runtime.Object{data}, newJob(mounts("/results"), createResults), "have the same mount path /results", true},
		"a path of the base":  {[]runtime.Object{data}, newJob(ofManifest(oldJob("data", "/results")), mounts("/results")), "volume results of the manifest", true},
		"spread on one node":  {[]runtime.Object{data}, newJob(mounts("/data"), array, func(r *submit.Request) { r.Spec.Scheduling.Spread = true }), "--spread cannot be used with claim data", true},
		"retries of no array": {nil, newJob(func(r *submit.Request) { r.Spec.Lifecycle.RetriesPerTask = new(int32(2)) }), "--retries-per-task requires --array", true},
		"too many failures":   {nil, newJob(array, func(r *submit.Request) { r.Spec.Lifecycle.MaxFailedTasks = new(int32(4)) }), "must be at most 3, the number of tasks", true},
		"a path of nothing":   {nil, newJob(mountedAt("/out")), "--results-path requires --results", true},
		"restarts in place":   {nil, newJob(ofManifest(restarting), retryOn), "require restartPolicy Never", true},
		"two results claims":  {[]runtime.Object{data}, newJob(createResults, useClaim("data")), "Results.Existing and Results.Create are mutually exclusive", true},
		"objects of no job":   {nil, newJob(settingsManifest), "Base.Others requires Job, CronJob or Repeat", true},
		"no containers": {nil, newJob(ofManifest(faketest.Job("fit", func(job *batchv1.Job) {
			job.Spec.Template.Spec.Containers = nil
		}))), "spec.template.spec.containers is empty", true},
		"a request above its limit": {nil, newJob(func(r *submit.Request) {
			r.Spec.Container.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("2")}
			r.Spec.Container.Limits = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")}
		}), "exceeds the limit of 1", true},
		"a long name of an array": {nil, newJob(array, func(r *submit.Request) { r.Spec.Name = strings.Repeat("a", 63) }), "is too long for an array", true},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			fake := faketest.New(test.objects...)
			_, err := submit.Resolve(t.Context(), connect(t, fake, &said), test.request)
			_, invalid := errors.AsType[*submit.InvalidError](err)
			if err == nil || !strings.Contains(err.Error(), test.want) || invalid != test.invalid {
				t.Errorf("%v, invalid: %v; want %s", err, invalid, test.want)
			}
			if changes := fake.Changes(); len(changes) > 0 {
				t.Errorf("%q", changes)
			}
		})
	}
}

// A request can be resolved and created again: neither changes it.
func TestRequestIsNotChanged(t *testing.T) {
	data := faketest.Claim("data", "1Gi", corev1.ClaimBound)
	build := func() submit.Request {
		base := faketest.Job("fit", inGroup, retried)
		return newJob(ofManifest(base), mounts("/data"), createResults, withScript, withSecretVariable, func(r *submit.Request) {
			r.Spec.Container.Env = append(make([]corev1.EnvVar, 0, 9), corev1.EnvVar{Name: "KEY", Value: "replaced by the Secret"})
			r.Spec.Labels = map[string]string{"team": "ml"}
		})
	}
	request := build()
	var first *submit.Plan
	for range 2 {
		var said []string
		fake := faketest.New(data.DeepCopy())
		plan, err := submit.Resolve(t.Context(), connect(t, fake, &said), request)
		if err != nil {
			t.Fatal(err)
		}
		before := plan.Job.DeepCopy()
		if _, err := plan.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, plan.Job); diff != "" {
			t.Errorf("Create changed the plan: want -, got +:\n%s", diff)
		}
		if first == nil {
			first = plan
		}
		if diff := cmp.Diff(first.Objects, plan.Objects); diff != "" {
			t.Errorf("the second plan differs: want -, got +:\n%s", diff)
		}
	}
	if diff := cmp.Diff(build(), request); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// The caller can change the objects of a plan without changing the request.
func TestPlanSharesNoMemory(t *testing.T) {
	var said []string
	binary := []byte{0xff, 0}
	request := newJob(withSecretVariable, func(r *submit.Request) {
		r.Spec.Container.Command = []string{"train"}
		r.Spec.Scheduling.NodeSelector = map[string]string{"gpu": "yes"}
		r.Spec.Lifecycle.BackoffLimit = new(int32(2))
		r.Spec.Storage.Script = &spec.Script{File: "train.bin", Data: binary}
	})
	plan, err := submit.Resolve(t.Context(), connect(t, faketest.New(), &said), request)
	if err != nil {
		t.Fatal(err)
	}
	pod := &plan.Job.Spec.Template.Spec
	pod.Containers[0].Command[0] = "changed"
	pod.NodeSelector["gpu"] = "changed"
	*plan.Job.Spec.BackoffLimit = 9
	plan.Env.StringData["KEY"] = "changed"
	plan.Script.BinaryData["train.bin"][0] = 1
	got := request.Spec
	if got.Container.Command[0] != "train" || got.Scheduling.NodeSelector["gpu"] != "yes" || *got.Lifecycle.BackoffLimit != 2 ||
		request.SecretVariables["KEY"] != "secret" || binary[0] != 0xff {
		t.Errorf("%+v, %v", got, request.SecretVariables)
	}
}

// What can still be created is a note, and what may not be read is not checked.
func TestResolveNotes(t *testing.T) {
	var said []string
	request := newJob(func(r *submit.Request) {
		r.References.Add(submit.Reference{Source: "--secret", Kind: submit.SecretKind, Name: "keys"})
		r.References.Add(submit.Reference{Source: "--image-pull-secret", Kind: submit.SecretKind, Name: "registry"})
		r.References.Add(submit.Reference{Source: "--s3-secret", Kind: submit.SecretKind, Name: "bucket"})
		r.S3Secret = "bucket"
	})
	bucket := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "bucket", Namespace: faketest.Namespace}}
	plan, err := submit.Resolve(t.Context(), connect(t, faketest.New(bucket), &said), request)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`Note: --secret=keys: Secret "keys" does not exist; no pod of this job starts until it exists`,
		`Note: --image-pull-secret=registry: Secret "registry" does not exist; until it exists, the image is pulled without it`,
		"Note: --s3-secret=bucket: the Secret has no key AWS_ACCESS_KEY_ID and no key AWS_SECRET_ACCESS_KEY; no pod of this job starts until it is added",
	}
	if diff := cmp.Diff(want, plan.Notes); diff != "" || len(said) > 0 {
		t.Errorf("want -, got +:\n%s%q", diff, said)
	}
}

func TestDryRunOfClientSendsNoRequest(t *testing.T) {
	var said []string
	fake := faketest.New()
	plan, err := submit.Resolve(t.Context(), connect(t, fake, &said), newJob(dryRun(submit.DryRunClient), createResults, mounts("/data"), withScript))
	if err != nil || len(plan.List()) != 3 || len(fake.Calls()) > 0 {
		t.Errorf("%v, %q", err, fake.Calls())
	}
}
