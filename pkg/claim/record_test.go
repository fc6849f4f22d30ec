package claim_test

import (
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// A fetch counts if it was by the owner of the results; without an owner, if it was by the viewer.
func TestRecordCountsFetchOfOwner(t *testing.T) {
	const foreignFetch = "created by grace, fetched by admin; --fetched-by-anyone counts this fetch"
	fetch := func(user string) *claim.Mark { return &claim.Mark{When: faketest.Now(), By: user} }
	for name, test := range map[string]struct {
		record        claim.Record
		viewer        claim.Viewer
		word, foreign string
	}{
		"never fetched":                     {claim.Record{Owner: "grace"}, claim.Viewer{Name: "grace"}, "no", ""},
		"by the owner":                      {claim.Record{Owner: "grace", Fetch: fetch("grace")}, claim.Viewer{Name: "grace"}, "yes", ""},
		"by the owner, another user looks":  {claim.Record{Owner: "grace", Fetch: fetch("grace")}, claim.Viewer{Name: "admin"}, "yes", ""},
		"by another user":                   {claim.Record{Owner: "grace", Fetch: fetch("admin")}, claim.Viewer{Name: "grace"}, "by admin", foreignFetch},
		"by another user, who looks":        {claim.Record{Owner: "grace", Fetch: fetch("admin")}, claim.Viewer{Name: "admin"}, "by admin", foreignFetch},
		"by another user, anyone counts":    {claim.Record{Owner: "grace", Fetch: fetch("admin")}, claim.Viewer{Name: "x", Anyone: true}, "yes", ""},
		"without an owner, by the viewer":   {claim.Record{Fetch: fetch("admin")}, claim.Viewer{Name: "admin"}, "yes", ""},
		"without an owner, by another user": {claim.Record{Fetch: fetch("admin")}, claim.Viewer{Name: "grace"}, "by admin", "created by an unknown user, fetched by admin; --fetched-by-anyone counts this fetch"},
		"by an unknown user":                {claim.Record{Owner: "grace", Fetch: fetch("")}, claim.Viewer{Name: "grace"}, "by an unknown user", "created by grace, fetched by an unknown user; --fetched-by-anyone counts this fetch"},
		"nothing is known":                  {claim.Record{Fetch: fetch("")}, claim.Viewer{}, "by an unknown user", "created by an unknown user, fetched by an unknown user; --fetched-by-anyone counts this fetch"},
		"found empty by another user":       {claim.Record{Owner: "grace", Fetch: &claim.Mark{By: "admin", Empty: true}}, claim.Viewer{Name: "grace"}, "empty", ""},
		"never mounted":                     {claim.Record{Owner: "grace", Unused: true}, claim.Viewer{Name: "grace"}, "empty", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if word, foreign := test.record.Word(test.viewer), test.record.ForeignFetchReason(test.viewer); word != test.word || foreign != test.foreign {
				t.Errorf("%q, %q; want %q, %q", word, foreign, test.word, test.foreign)
			}
			if done, want := test.record.Done(test.viewer), test.word == "yes" || test.word == "empty"; done != want {
				t.Errorf("done: %v", done)
			}
		})
	}
}

// Marks that were written on another object tell nothing.
func TestRecordOfCopies(t *testing.T) {
	pvc := fetchedBy("grace")
	if got := claim.RecordOfClaim(pvc); got.Owner != "grace" || got.Fetch == nil || got.Fetch.Job != "uid-train" || got.Unused {
		t.Errorf("the claim: %+v", got)
	}
	pvc.UID = "uid-copy"
	if got := claim.RecordOfClaim(pvc); got != (claim.Record{}) {
		t.Errorf("its copy: %+v", got)
	}
	job := faketest.Job("train", faketest.Marked(provenance.FetchedAnnotation, "2026-03-01T00:00:00Z"))
	if claim.RecordOfJob(job).Fetch == nil {
		t.Error("the job: no fetch")
	}
	if job.UID = "uid-replaced"; claim.RecordOfJob(job).Fetch != nil {
		t.Error("its replacement: a fetch")
	}
	job = faketest.Job("train", faketest.OwnedBy("grace"))
	if got := claim.RecordOfJob(job).Owner; got != "grace" {
		t.Errorf("the job: owner %q", got)
	}
	if job.Name = "train-copy"; claim.RecordOfJob(job).Owner != "" {
		t.Error("its copy: an owner")
	}
}

// A claim records which job uses it now. Only run records that.
func TestOtherUse(t *testing.T) {
	pvc := faketest.Claim("train-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) {
		c.Annotations = map[string]string{provenance.UseAnnotation: provenance.Bind(c.UID, "second 2026-03-04T10:00:00.5Z")}
	})
	const used = "claim train-results is now used by job second (since 2026-03-04T10:00:00Z)"
	earlier, later := time.Date(2026, 3, 4, 9, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 11, 0, 0, 0, time.UTC)
	use := func(text string) func(*batchv1.Job) { return faketest.Annotated(provenance.UseAnnotation, text) }
	for name, test := range map[string]struct {
		job  *batchv1.Job
		end  time.Time
		want string
	}{
		"the job itself":                 {faketest.Job("second", use("second 2026-03-04T10:00:00.5Z")), later, ""},
		"an earlier job of run":          {faketest.Job("first", use("first 2026-03-04T08:00:00Z")), earlier, used},
		"an earlier job of run, running": {faketest.Job("first", use("first 2026-03-04T08:00:00Z")), time.Time{}, used},
		"a job of people, ended before":  {faketest.Job("hand"), earlier, used},
		"a job of people, ended after":   {faketest.Job("hand"), later, ""},
		"a job of people, running":       {faketest.Job("hand"), time.Time{}, ""},
		"a copy of the job by people":    {faketest.Job("copy", use("second 2026-03-04T10:00:00.5Z")), later, ""},
	} {
		if got := claim.OtherUse(pvc, test.job, test.end); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
