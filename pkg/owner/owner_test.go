package owner_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/owner"
)

// The hash is on objects that are there already: it must never change.
func TestHash(t *testing.T) {
	for name, want := range map[string]string{
		"":                "",
		"dev@example.org": "2d385ef7f0fb8116d949f8979d4e1b70",
		"system:serviceaccount:lab:ünicode name": "1d1600b199a9dc99cf68bf71c5f060db",
	} {
		got := owner.Identity{Name: name}.Hash()
		if problems := validation.IsValidLabelValue(got); got != want || len(problems) > 0 {
			t.Errorf("Hash of %q = %q, %v; want %q", name, got, problems, want)
		}
	}
}

func TestStamp(t *testing.T) {
	for name, test := range map[string]struct{ meta, want metav1.ObjectMeta }{
		"nobody": {metav1.ObjectMeta{}, metav1.ObjectMeta{Labels: map[string]string{owner.ManagedByLabel: owner.ManagedBy}}},
		"dev@example.org": {
			metav1.ObjectMeta{Labels: map[string]string{"a": "b"}},
			metav1.ObjectMeta{
				Labels:      map[string]string{"a": "b", owner.ManagedByLabel: owner.ManagedBy, owner.Label: "2d385ef7f0fb8116d949f8979d4e1b70"},
				Annotations: map[string]string{owner.Annotation: "dev@example.org"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			identity := owner.Identity{Name: name}
			if name == "nobody" {
				identity = owner.Identity{}
			}
			identity.Stamp(&test.meta)
			if diff := cmp.Diff(test.want, test.meta); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestPatchOf(t *testing.T) {
	for version, want := range map[string]string{
		"":   `{"metadata":{"annotations":{"set":"a \"b\"","taken-off":null},"uid":"uid-1"}}`,
		"12": `{"metadata":{"annotations":{"set":"a \"b\"","taken-off":null},"resourceVersion":"12","uid":"uid-1"}}`,
	} {
		got, err := owner.PatchOf("uid-1", version, map[string]string{"set": "a \"b\"", "taken-off": ""})
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}

func TestMade(t *testing.T) {
	ours := map[string]string{owner.ManagedByLabel: owner.ManagedBy}
	results := map[string]string{owner.ManagedByLabel: owner.ManagedBy, owner.ComponentLabel: owner.ResultsComponent}
	type made struct{ Made, Results bool }
	for name, test := range map[string]struct {
		labels map[string]string
		want   made
	}{
		"not ours":        {nil, made{}},
		"of another tool": {map[string]string{owner.ManagedByLabel: "Helm", owner.ComponentLabel: owner.ResultsComponent}, made{}},
		"ours":            {ours, made{Made: true}},
		"results":         {results, made{Made: true, Results: true}},
	} {
		object := &metav1.ObjectMeta{Labels: test.labels}
		if got := (made{owner.Made(object), owner.MadeResults(object)}); got != test.want {
			t.Errorf("%s: %+v; want %+v", name, got, test.want)
		}
	}
}

func TestWhoami(t *testing.T) {
	client, _ := faketest.New().As("grace").Clientset()
	if got, err := owner.Whoami(t.Context(), client); err != nil || got != (owner.Identity{Name: "grace"}) {
		t.Errorf("%v, %v; want grace", got, err)
	}
}
