package provenance_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// Existing objects have the hash: it must never change.
func TestHash(t *testing.T) {
	for name, want := range map[string]string{
		"":                "",
		"dev@example.org": "2d385ef7f0fb8116d949f8979d4e1b70",
		"system:serviceaccount:lab:ünicode name": "1d1600b199a9dc99cf68bf71c5f060db",
	} {
		got := provenance.Identity{Name: name}.Hash()
		if problems := validation.IsValidLabelValue(got); got != want || len(problems) > 0 {
			t.Errorf("Hash of %q = %q, %v; want %q", name, got, problems, want)
		}
	}
}

func TestStamp(t *testing.T) {
	for name, test := range map[string]struct{ meta, want metav1.ObjectMeta }{
		"nobody": {metav1.ObjectMeta{}, metav1.ObjectMeta{Labels: map[string]string{provenance.ManagedByLabel: provenance.ManagedBy}}},
		"dev@example.org": {
			metav1.ObjectMeta{Labels: map[string]string{"a": "b"}},
			metav1.ObjectMeta{
				Labels:      map[string]string{"a": "b", provenance.ManagedByLabel: provenance.ManagedBy, provenance.Label: "2d385ef7f0fb8116d949f8979d4e1b70"},
				Annotations: map[string]string{provenance.Annotation: "dev@example.org"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			identity := provenance.Identity{Name: name}
			if name == "nobody" {
				identity = provenance.Identity{}
			}
			identity.Stamp(&test.meta)
			if diff := cmp.Diff(test.want, test.meta); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestMarkPatch(t *testing.T) {
	for version, want := range map[string]string{
		"":   `{"metadata":{"annotations":{"set":"uid-1 a \"b\"","taken-off":null},"uid":"uid-1"}}`,
		"12": `{"metadata":{"annotations":{"set":"uid-1 a \"b\"","taken-off":null},"resourceVersion":"12","uid":"uid-1"}}`,
	} {
		got, err := provenance.MarkPatch("uid-1", version, map[string]string{"set": "a \"b\"", "taken-off": ""})
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}

func TestMade(t *testing.T) {
	ours := map[string]string{provenance.ManagedByLabel: provenance.ManagedBy}
	results := map[string]string{provenance.ManagedByLabel: provenance.ManagedBy, provenance.ComponentLabel: provenance.ResultsComponent}
	use := map[string]string{provenance.UseAnnotation: provenance.Bind("uid-1", "train 2026-03-04T12:00:00Z")}
	type made struct{ Made, Results bool }
	for name, test := range map[string]struct {
		labels, annotations map[string]string
		want                made
	}{
		"not ours":        {nil, nil, made{}},
		"of another tool": {map[string]string{provenance.ManagedByLabel: "Helm", provenance.ComponentLabel: provenance.ResultsComponent}, use, made{}},
		"ours":            {ours, use, made{Made: true}},
		"results":         {results, use, made{Made: true, Results: true}},
		"not bound":       {results, nil, made{Made: true}},
		"a copy":          {results, map[string]string{provenance.UseAnnotation: provenance.Bind("uid-2", "train 2026-03-04T12:00:00Z")}, made{Made: true}},
	} {
		object := &metav1.ObjectMeta{UID: "uid-1", Labels: test.labels, Annotations: test.annotations}
		if got := (made{provenance.Made(object), provenance.MadeResults(object)}); got != test.want {
			t.Errorf("%s: %+v; want %+v", name, got, test.want)
		}
	}
}

// A mark holds on the object that it was written on, and on no copy of it.
func TestMarkIsVoidOnCopies(t *testing.T) {
	object := &metav1.ObjectMeta{UID: "uid-1", Annotations: map[string]string{
		"bound": provenance.Bind("uid-1", "yes no"), "of-another": provenance.Bind("uid-2", "yes"), "unbound": "yes", "uid-only": "uid-1", "longer": "uid-12 yes",
	}}
	got := map[string]string{}
	for key := range object.Annotations {
		got[key] = provenance.Mark(object, key)
	}
	want := map[string]string{"bound": "yes no", "of-another": "", "unbound": "", "uid-only": "", "longer": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	object.UID, object.Annotations = "", map[string]string{"blank": " yes"} // as in a manifest that was never created
	if got := provenance.Mark(object, "blank"); got != "" {
		t.Errorf("%q without a UID", got)
	}
}

// A copy of a job has the label and the annotation of its owner, but is not a job that run created for that user.
func TestCopiedJobHasNoOwner(t *testing.T) {
	job := faketest.Job("train", faketest.OwnedBy("grace"))
	copied := func(change func(*metav1.ObjectMeta)) *batchv1.Job {
		copied := job.DeepCopy()
		change(&copied.ObjectMeta)
		return copied
	}
	for name, test := range map[string]struct {
		job  *batchv1.Job
		want string
	}{
		"the job":                    {job, "grace"},
		"under another name":         {copied(func(m *metav1.ObjectMeta) { m.Name = "train-2" }), ""},
		"in another namespace":       {copied(func(m *metav1.ObjectMeta) { m.Namespace = "other" }), ""},
		"stamped by hand":            {copied(func(m *metav1.ObjectMeta) { delete(m.Annotations, provenance.CreatedAsAnnotation) }), ""},
		"of an unknown user":         {faketest.Job("train", faketest.OwnedBy("")), ""},
		"made again by another user": {copied(func(m *metav1.ObjectMeta) { m.Name = "train-2"; provenance.Identity{Name: "anna"}.StampJob(m) }), "anna"},
	} {
		if got := provenance.OfJob(test.job); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestSelectsOwner(t *testing.T) {
	mine, err := provenance.Identity{Name: "grace"}.Selector()
	if err != nil {
		t.Fatal(err)
	}
	for selector, want := range map[string]bool{
		mine: true, mine + ",team in (a,b)": true, "": false, "team=a": false, provenance.ManagedByLabel + "=" + provenance.ManagedBy: false, "a=b=c": false,
	} {
		if got := provenance.SelectsOwner(selector); got != want {
			t.Errorf("%q: %v", selector, got)
		}
	}
}

func TestWhoami(t *testing.T) {
	client, _ := faketest.New().As("grace").Clientset()
	if got, err := provenance.Whoami(t.Context(), client); err != nil || got != (provenance.Identity{Name: "grace"}) {
		t.Errorf("%v, %v; want grace", got, err)
	}
}
