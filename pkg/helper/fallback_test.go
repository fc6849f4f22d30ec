package helper_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
)

// The job's own image immediately replaces an image that cannot be pulled.
func TestFallback(t *testing.T) {
	const jobImage, pull = "lab/train:1", "ErrImagePull: dial tcp: no route to host"
	const unusable = "helper image " + helper.DefaultImage + " cannot be used: "
	withJob := spec(func(s *helper.Spec) { s.JobImage, s.Fallback = jobImage, true })
	usesDefaultImage := func(pod *corev1.Pod) bool { return pod.Spec.Containers[0].Image == helper.DefaultImage }
	noShell := `exec: "sh": executable file not found in $PATH`
	for name, test := range map[string]struct {
		cluster   *faketest.Cluster
		spec      helper.Spec
		meanwhile []corev1.PodStatus
		images    []string
		want      session
	}{
		"it is pulled": {faketest.New(), withJob, []corev1.PodStatus{waiting("ErrImagePull", "dial tcp: no route to host"), running()}, []string{helper.DefaultImage, jobImage}, session{
			At: "fetch-2", Said: []string{"Note: " + unusable + pull + "; retrying with the image of the job, " + jobImage}, Changes: []string{made1, gone1, made2, gone2},
		}},
		"a policy": {refuse(errors.New(`admission webhook "x" denied the request: image registry not allowed`), usesDefaultImage), withJob, []corev1.PodStatus{running()}, []string{helper.DefaultImage, jobImage}, session{
			At: "fetch-2", Said: []string{"Note: " + unusable + `admission webhook "x" denied the request: image registry not allowed; retrying with the image of the job, ` + jobImage}, Changes: []string{made1, made2, gone2},
		}},
		"it has no shell": {faketest.New(), withJob, []corev1.PodStatus{waiting("InvalidImageName", "bad"), notStarted(noShell)}, []string{helper.DefaultImage, jobImage}, session{
			Err: `helper pod "fetch-2": image lab/train:1 has no shell: container helper ended with status 128 (StartError): ` +
				noShell + "; use --helper-image to select an image with sh, sleep and tar (" + unusable + "InvalidImageName: bad)",
			Said: []string{"Note: " + unusable + "InvalidImageName: bad; retrying with the image of the job, " + jobImage}, Changes: []string{made1, gone1, made2, gone2},
		}},
		"it cannot be had either": {faketest.New(), withJob, []corev1.PodStatus{waiting("ErrImagePull", "not found"), waiting("ErrImagePull", "lab/train:1: not found")}, []string{helper.DefaultImage, jobImage}, session{
			Err:  `helper pod "fetch-2" cannot start: ErrImagePull: lab/train:1: not found (` + unusable + "ErrImagePull: not found)",
			Said: []string{"Note: " + unusable + "ErrImagePull: not found; retrying with the image of the job, " + jobImage}, Changes: []string{made1, gone1, made2, gone2},
		}},
		"named by the person": {faketest.New(), spec(func(s *helper.Spec) { s.JobImage = jobImage }), []corev1.PodStatus{waiting("ErrImagePull", "not found")}, []string{helper.DefaultImage}, session{
			Err: `helper pod "fetch-1" cannot start: ErrImagePull: not found`, Changes: []string{made1, gone1},
		}},
		"the same": {faketest.New(), spec(func(s *helper.Spec) { s.JobImage, s.Fallback = helper.DefaultImage, true }), []corev1.PodStatus{waiting("ErrImagePull", "not found")}, []string{helper.DefaultImage}, session{
			Err: `helper pod "fetch-1" cannot start: ErrImagePull: not found`, Changes: []string{made1, gone1},
		}},
		"without a shell at once": {faketest.New(), withJob, []corev1.PodStatus{waiting("CreateContainerError", "container create failed: executable file `sh` not found in $PATH")}, []string{helper.DefaultImage}, session{
			Err:     `helper pod "fetch-1": image ` + helper.DefaultImage + " has no shell: CreateContainerError: container create failed: executable file `sh` not found in $PATH; use --helper-image to select an image with sh, sleep and tar",
			Changes: []string{made1, gone1},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var meanwhile []func() error
			for _, status := range test.meanwhile {
				meanwhile = append(meanwhile, becomes(test.cluster, status))
			}
			got, err := locate(t, test.cluster, test.spec, meanwhile...)
			got.Waits = nil
			if diff := cmp.Diff(test.want, got, unmeasured()); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			var images []string
			for _, object := range test.cluster.Created() {
				images = append(images, object.(*corev1.Pod).Spec.Containers[0].Image) //nolint:forcetypeassert // only pods are made here
			}
			if diff := cmp.Diff(test.images, images); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if _, ok := errors.AsType[*helper.NoShellError](err); ok != strings.Contains(got.Err, "no shell") {
				t.Errorf("%T", err)
			}
		})
	}
}
