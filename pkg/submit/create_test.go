package submit_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	dynamicfake "k8s.io/client-go/dynamic/fake"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/submit"
)

// create resolves and creates a request.
func create(ctx context.Context, cluster submit.Cluster, request submit.Request) (*submit.Created, error) {
	plan, err := submit.Resolve(ctx, cluster, request)
	if err != nil {
		return nil, err
	}
	return plan.Create(ctx)
}

func forbidden(resource string) error {
	return apierrors.NewForbidden(corev1.Resource(resource), "", errors.New("exceeded quota"))
}

// everything requests a job with all objects that it can own or use.
func everything() submit.Request {
	return newJob(createResults, withScript, withSecretVariable, mounts("/data"))
}

// settingsManifest adds the ConfigMap settings of a manifest to a request.
func settingsManifest(request *submit.Request) {
	request.Base.Others = append(request.Base.Others, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "settings"},
	}})
}

// claimManifest adds the claim input of a manifest to a request.
func claimManifest(request *submit.Request) {
	request.Base.Others = append(request.Base.Others, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": map[string]any{"name": "input"},
	}})
}

// manifestClient returns a client for objects of any kind, which knows ConfigMaps and claims.
func manifestClient(objects ...runtime.Object) (*dynamicfake.FakeDynamicClient, meta.RESTMapper) {
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("ConfigMap"), meta.RESTScopeNamespace)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("PersistentVolumeClaim"), meta.RESTScopeNamespace)
	lists := map[schema.GroupVersionResource]string{
		corev1.SchemeGroupVersion.WithResource("configmaps"):             "ConfigMapList",
		corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims"): "PersistentVolumeClaimList",
	}
	return dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), lists, objects...), mapper
}

func TestCreateOrder(t *testing.T) {
	var said []string
	fake := faketest.New(claimOfLibrary("data", "1Gi", fetched))
	created, err := create(t.Context(), connect(t, fake, &said), everything())
	if err != nil {
		t.Fatal(err)
	}
	var verbs []string
	for _, change := range fake.Changes() {
		verbs = append(verbs, strings.Join(strings.Fields(change)[:3], " "))
	}
	want := []string{
		"create persistentvolumeclaims train-results", "patch persistentvolumeclaims train-results", "patch persistentvolumeclaims data",
		"create configmaps train-script-x7k2p", "create secrets train-env-x7k2p", "create jobs train",
		"patch configmaps train-script-x7k2p", "patch secrets train-env-x7k2p",
	}
	if diff := cmp.Diff(want, verbs); diff != "" || len(created.List()) != 4 || len(said) > 0 {
		t.Errorf("want -, got +:\n%s%d objects, %q", diff, len(created.List()), said)
	}
}

// Whichever request the server refuses: what was created before is deleted, and the claim of another job gets its
// annotations again.
func TestCreateUndoesAfterEachStep(t *testing.T) {
	for _, resource := range []string{"persistentvolumeclaims", "configmaps", "secrets", "jobs"} {
		t.Run(resource, func(t *testing.T) {
			var said []string
			data := claimOfLibrary("data", "1Gi", fetched)
			fake := faketest.New(data.DeepCopy()).Refuse("create", resource, forbidden(resource))
			_, err := create(t.Context(), connect(t, fake, &said), everything())
			if !apierrors.IsForbidden(err) {
				t.Errorf("%v", err)
			}
			if names := fake.Names(t); !slices.Equal(names, []string{"data"}) {
				t.Errorf("%q", names)
			}
			if diff := cmp.Diff(data.Annotations, fake.Claim("data").Annotations); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// A claim that cannot be annotated is deleted as well: only the annotation makes it a results claim of this library.
func TestCreateUndoesUnannotatedClaim(t *testing.T) {
	var said []string
	fake := faketest.New().Refuse("patch", "persistentvolumeclaims", forbidden("persistentvolumeclaims"))
	_, err := create(t.Context(), connect(t, fake, &said), newJob(createResults))
	if names := fake.Names(t); !apierrors.IsForbidden(err) || len(names) > 0 {
		t.Errorf("%v, %q", err, names)
	}
}

// The other objects of a manifest are created before all else, and deleted with the rest. Objects that exist are kept.
func TestCreateUndoesManifest(t *testing.T) {
	existing := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "settings", "namespace": faketest.Namespace},
	}}
	for name, test := range map[string]struct {
		objects []runtime.Object
		refuse  string
		created int
		remain  int
		said    int
	}{
		"created":              {nil, "", 1, 1, 0},
		"deleted":              {nil, "jobs", 0, 0, 0},
		"existing":             {[]runtime.Object{existing}, "", 0, 1, 1},
		"existing, not undone": {[]runtime.Object{existing}, "jobs", 0, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			fake := faketest.New()
			if test.refuse != "" {
				fake.Refuse("create", test.refuse, forbidden(test.refuse))
			}
			client, mapper := manifestClient(test.objects...)
			cluster := connect(t, fake, &said)
			cluster.Objects = func() (dynamic.Interface, meta.RESTMapper, error) { return client, mapper, nil }
			created, err := create(t.Context(), cluster, newJob(ofManifest(faketest.Job("fit")), settingsManifest))
			if (err != nil) != (test.refuse != "") || err == nil && len(created.Others) != test.created || len(said) != test.said {
				t.Errorf("%v, %+v, %q", err, created, said)
			}
			list, err := client.Resource(corev1.SchemeGroupVersion.WithResource("configmaps")).Namespace(faketest.Namespace).List(t.Context(), metav1.ListOptions{})
			if err != nil || len(list.Items) != test.remain {
				t.Errorf("%v, %+v", err, list)
			}
		})
	}
}

// Ctrl-C takes effect after the running request, and undoes.
func TestCreateIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var said []string
	fake := faketest.New().Admit("configmaps", func(runtime.Object) error {
		cancel()
		return nil
	})
	_, err := create(ctx, connect(t, fake, &said), newJob(createResults, withScript, withSecretVariable))
	if names := fake.Names(t); !errors.Is(err, context.Canceled) || len(names) > 0 {
		t.Errorf("%v, %q", err, names)
	}
	if slices.ContainsFunc(fake.Changes(), func(change string) bool { return strings.HasPrefix(change, "create secrets") }) {
		t.Errorf("%q", fake.Changes())
	}
}

// If the response is lost and the object cannot be read, the job may exist: nothing is deleted, and all is named.
func TestCreateKeepsObjectsOfUnknownJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said []string
		lost := errors.New("connection reset")
		fake := faketest.New().Refuse("create", "jobs", lost).Refuse("get", "jobs", lost)
		_, err := create(t.Context(), connect(t, fake, &said), newJob(createResults, withScript))
		for _, want := range []string{"it is unknown whether it was created", "kubectl get job train", "pvc/train-results, configmap/train-script-x7k2p"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v; want %s", err, want)
			}
		}
		if names := fake.Names(t); len(names) != 2 {
			t.Errorf("%q", names)
		}
	})
}

// Another job with the name and the claim of this one keeps the claim.
func TestCreateKeepsClaimOfOtherJob(t *testing.T) {
	for pvc, want := range map[string][]string{"train-results": {"train", "train-results"}, "other": {"train"}} {
		t.Run(pvc, func(t *testing.T) {
			var said []string
			other := oldJob(pvc, "/results", func(job *batchv1.Job) { job.Name = "train" })
			fake := faketest.New(other)
			_, err := create(t.Context(), connect(t, fake, &said), newJob(createResults))
			if err == nil || !strings.Contains(err.Error(), `job "train" already exists in namespace "lab"; use --generate-name`) {
				t.Errorf("%v", err)
			}
			if names := fake.Names(t); !slices.Equal(names, want) {
				t.Errorf("%q; want %q", names, want)
			}
		})
	}
}

// A claim of the manifest is kept as well if another job with the name of this one uses it.
func TestCreateKeepsManifestClaimOfOtherJob(t *testing.T) {
	for pvc, want := range map[string]int{"input": 1, "other": 0} {
		t.Run(pvc, func(t *testing.T) {
			var said []string
			fake := faketest.New(oldJob(pvc, "/data", func(job *batchv1.Job) { job.Name = "fit" }))
			client, mapper := manifestClient()
			cluster := connect(t, fake, &said)
			cluster.Objects = func() (dynamic.Interface, meta.RESTMapper, error) { return client, mapper, nil }
			_, err := create(t.Context(), cluster, newJob(ofManifest(faketest.Job("fit")), claimManifest, settingsManifest))
			if err == nil || !strings.Contains(err.Error(), `job "fit" already exists`) {
				t.Errorf("%v", err)
			}
			if got := countObjects(t, client, "persistentvolumeclaims"); got != want {
				t.Errorf("%d claims; want %d", got, want)
			}
			if got := countObjects(t, client, "configmaps"); got != 0 {
				t.Errorf("%d ConfigMaps", got)
			}
		})
	}
}

// countObjects returns the number of objects of a resource.
func countObjects(t *testing.T, client dynamic.Interface, resource string) int {
	t.Helper()
	list, err := client.Resource(corev1.SchemeGroupVersion.WithResource(resource)).Namespace(faketest.Namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return len(list.Items)
}

// If the job that exists cannot be read, the created claim is kept and named. An existing claim is neither.
func TestCreateKeepsClaimOfUnreadableJob(t *testing.T) {
	for name, test := range map[string]struct {
		request submit.Request
		kept    string
		names   []string
	}{
		"created":  {newJob(createResults, mounts("/data")), "claim train-results is kept, because job \"train\" cannot be read", []string{"data", "train-results"}},
		"existing": {newJob(mounts("/data")), "", []string{"data"}},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			exists := apierrors.NewAlreadyExists(schema.GroupResource{Resource: "jobs"}, "train")
			fake := faketest.New(claimOfLibrary("data", "1Gi", fetched)).Refuse("create", "jobs", exists).Refuse("get", "jobs", forbidden("jobs"))
			_, err := create(t.Context(), connect(t, fake, &said), test.request)
			if err == nil || !strings.Contains(err.Error(), test.kept) || strings.Contains(err.Error(), "is kept") != (test.kept != "") {
				t.Errorf("%v; want %s", err, test.kept)
			}
			if names := fake.Names(t); !slices.Equal(names, test.names) {
				t.Errorf("%q; want %q", names, test.names)
			}
		})
	}
}

// A claim of that name is used if its results were fetched, and is otherwise refused before anything is created.
func TestCreateUsesExistingClaim(t *testing.T) {
	for name, test := range map[string]struct {
		pvc  *corev1.PersistentVolumeClaim
		want string
	}{
		"fetched":     {claimOfLibrary("train-results", "1Gi", fetched), ""},
		"not fetched": {claimOfLibrary("train-results", "1Gi"), `claim "train-results" holds results that were not fetched; run "kubectl batch fetch pvc/train-results"`},
		"too small":   {claimOfLibrary("train-results", "1Mi", fetched), "its size is 1Mi, less than --results=1Gi"},
		"of users":    {faketest.Claim("train-results", "1Gi", corev1.ClaimBound), "was not created by run; use --results=pvc/train-results"},
	} {
		t.Run(name, func(t *testing.T) {
			var said []string
			fake := faketest.New(test.pvc)
			created, err := create(t.Context(), connect(t, fake, &said), newJob(createResults, withScript))
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || len(fake.Names(t)) != 1 {
					t.Errorf("%v, %q; want %s", err, fake.Names(t), test.want)
				}
				return
			}
			if err != nil || created.Claim != nil || len(said) != 1 || !strings.HasPrefix(said[0], "Using existing claim train-results (1Gi) with the 3 files of job old, fetched ") {
				t.Errorf("%v, %+v, %q", err, created, said)
			}
			if provenance.Mark(fake.Claim("train-results"), provenance.FetchedAnnotation) != "" {
				t.Error("the claim is still marked as fetched")
			}
		})
	}
}

// The server stores nothing in a dry run, so nothing is undone and no object gets an owner.
func TestDryRunOfServer(t *testing.T) {
	var said []string
	fake := faketest.New(claimOfLibrary("data", "1Gi", fetched)).Refuse("create", "secrets", forbidden("secrets"))
	_, err := create(t.Context(), connect(t, fake, &said), newJob(createResults, withScript, withSecretVariable, mounts("/data"), dryRun(submit.DryRunServer)))
	want := []string{
		"create persistentvolumeclaims train-results fieldManager=kubectl-batch dryRun=All",
		"create configmaps train-script-x7k2p fieldManager=kubectl-batch dryRun=All",
		"create secrets train-env-x7k2p fieldManager=kubectl-batch dryRun=All",
	}
	if diff := cmp.Diff(want, fake.Changes()); diff != "" || !apierrors.IsForbidden(err) {
		t.Errorf("%v; want -, got +:\n%s", err, diff)
	}
}

// A script without an owner is a note: the job exists.
func TestCreateNotesMissingOwner(t *testing.T) {
	var said []string
	fake := faketest.New().Refuse("patch", "configmaps", forbidden("configmaps"))
	created, err := create(t.Context(), connect(t, fake, &said), newJob(withScript))
	if err != nil || len(created.Notes) != 1 || !strings.HasPrefix(created.Notes[0], "Note: ConfigMap train-script-x7k2p will not be deleted with the job: ") {
		t.Errorf("%v, %+v", err, created)
	}
}
