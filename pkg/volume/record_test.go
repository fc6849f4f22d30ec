package volume_test

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
	"github.com/kubectl-batch/kubectl-batch/pkg/volume"
)

// A fetch counts for the user whose results they are; without such a user for the one who fetched.
func TestRecordCountsFetchOfOwner(t *testing.T) {
	const other = "created by grace, fetched by admin; --fetched-by-anyone counts this fetch"
	fetch := func(by string) *volume.Mark { return &volume.Mark{When: faketest.Now(), By: by} }
	for name, test := range map[string]struct {
		record      volume.Record
		viewer      volume.Viewer
		word, other string
	}{
		"never fetched":                     {volume.Record{Owner: "grace"}, volume.Viewer{Name: "grace"}, "no", ""},
		"by the owner":                      {volume.Record{Owner: "grace", Fetch: fetch("grace")}, volume.Viewer{Name: "grace"}, "yes", ""},
		"by the owner, another user looks":  {volume.Record{Owner: "grace", Fetch: fetch("grace")}, volume.Viewer{Name: "admin"}, "yes", ""},
		"by another user":                   {volume.Record{Owner: "grace", Fetch: fetch("admin")}, volume.Viewer{Name: "grace"}, "by admin", other},
		"by another user, who looks":        {volume.Record{Owner: "grace", Fetch: fetch("admin")}, volume.Viewer{Name: "admin"}, "by admin", other},
		"by another user, anyone counts":    {volume.Record{Owner: "grace", Fetch: fetch("admin")}, volume.Viewer{Name: "x", Anyone: true}, "yes", ""},
		"without an owner, by the viewer":   {volume.Record{Fetch: fetch("admin")}, volume.Viewer{Name: "admin"}, "yes", ""},
		"without an owner, by another user": {volume.Record{Fetch: fetch("admin")}, volume.Viewer{Name: "grace"}, "by admin", "created by an unknown user, fetched by admin; --fetched-by-anyone counts this fetch"},
		"by an unknown user":                {volume.Record{Owner: "grace", Fetch: fetch("")}, volume.Viewer{Name: "grace"}, "by an unknown user", "created by grace, fetched by an unknown user; --fetched-by-anyone counts this fetch"},
		"nothing is known":                  {volume.Record{Fetch: fetch("")}, volume.Viewer{}, "by an unknown user", "created by an unknown user, fetched by an unknown user; --fetched-by-anyone counts this fetch"},
		"found empty by another user":       {volume.Record{Owner: "grace", Fetch: &volume.Mark{By: "admin", Empty: true}}, volume.Viewer{Name: "grace"}, "empty", ""},
		"never mounted":                     {volume.Record{Owner: "grace", Unused: true}, volume.Viewer{Name: "grace"}, "empty", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if word, other := test.record.Word(test.viewer), test.record.Other(test.viewer); word != test.word || other != test.other {
				t.Errorf("%q, %q; want %q, %q", word, other, test.word, test.other)
			}
			if done, want := test.record.Done(test.viewer), test.word == "yes" || test.word == "empty"; done != want {
				t.Errorf("done: %v", done)
			}
		})
	}
}

// Marks that were written on another object tell nothing.
func TestRecordOfCopies(t *testing.T) {
	claim := fetchedBy("grace")
	if got := volume.RecordOfClaim(claim); got.Owner != "grace" || got.Fetch == nil || got.Fetch.Job != "uid-train" || got.Unused {
		t.Errorf("the claim: %+v", got)
	}
	claim.UID = "uid-copy"
	if got := volume.RecordOfClaim(claim); got != (volume.Record{}) {
		t.Errorf("its copy: %+v", got)
	}
	job := faketest.Job("train", faketest.Marked(provenance.FetchedAnnotation, "2026-03-01T00:00:00Z"))
	if volume.RecordOfJob(job).Fetch == nil {
		t.Error("the job: no fetch")
	}
	if job.UID = "uid-replaced"; volume.RecordOfJob(job).Fetch != nil {
		t.Error("its replacement: a fetch")
	}
	job = faketest.Job("train", faketest.OwnedBy("grace"))
	if got := volume.RecordOfJob(job).Owner; got != "grace" {
		t.Errorf("the job: owner %q", got)
	}
	if job.Name = "train-copy"; volume.RecordOfJob(job).Owner != "" {
		t.Error("its copy: an owner")
	}
}

// A claim tells which job uses it now. Only run records that.
func TestOtherUse(t *testing.T) {
	claim := faketest.Claim("train-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) {
		c.Annotations = map[string]string{provenance.UseAnnotation: provenance.Bind(c.UID, "second 2026-03-04T10:00:00.5Z")}
	})
	const used = "claim train-results is now used by job second (since 2026-03-04T10:00:00Z)"
	before, after := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 11, 0, 0, 0, time.UTC)
	use := func(text string) func(*batchv1.Job) { return faketest.Annotated(provenance.UseAnnotation, text) }
	for name, test := range map[string]struct {
		job  *batchv1.Job
		end  time.Time
		want string
	}{
		"the job itself":                 {faketest.Job("second", use("second 2026-03-04T10:00:00.5Z")), after, ""},
		"an earlier job of run":          {faketest.Job("first", use("first 2026-03-04T08:00:00Z")), before, used},
		"an earlier job of run, running": {faketest.Job("first", use("first 2026-03-04T08:00:00Z")), time.Time{}, used},
		"a job of people, ended before":  {faketest.Job("hand"), before, used},
		"a job of people, ended after":   {faketest.Job("hand"), after, ""},
		"a job of people, running":       {faketest.Job("hand"), time.Time{}, ""},
		"a copy of the job by people":    {faketest.Job("copy", use("second 2026-03-04T10:00:00.5Z")), after, ""},
	} {
		if got := volume.OtherUse(claim, test.job, test.end); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
