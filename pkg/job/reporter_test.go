package job

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/reason"
)

// TestReporter: reasons that alternate are reported once each, and again after the job ran.
func TestReporter(t *testing.T) {
	var reports []string
	teller := reporter{name: "train", report: func(text string) { reports = append(reports, text) }}
	blocked, ready := &batchv1.Job{}, int32(1)
	runs := &batchv1.Job{Status: batchv1.JobStatus{Ready: &ready}}
	for range 3 {
		teller.reportChange(View{Job: blocked, Reason: reason.Reason{Code: "ErrImagePull", Message: "no route from train-abcde"}})
		teller.reportChange(View{Job: blocked, Reason: reason.Reason{Code: "ImagePullBackOff", Message: "train-fghij waits"}})
	}
	teller.reportChange(View{Job: runs})
	teller.reportChange(View{Job: runs})
	teller.reportChange(View{Job: blocked, Reason: reason.Reason{Code: "ErrImagePull", Message: "no route from train-vwxyz"}})
	want := []string{
		"job train does not run yet: ErrImagePull: no route from train-abcde",
		"job train does not run yet: ImagePullBackOff: train-fghij waits",
		"job train is running",
		"job train does not run yet: ErrImagePull: no route from train-vwxyz",
	}
	if diff := cmp.Diff(want, reports); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
