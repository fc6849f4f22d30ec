package results

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// mounts has the pods of a job mount claim data.
func mounts(mount corev1.VolumeMount) func(*batchv1.Job) {
	return func(job *batchv1.Job) {
		spec := &job.Spec.Template.Spec
		mount.Name = "v"
		spec.Volumes = []corev1.Volume{{Name: "v", VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"},
		}}}
		spec.Containers[0].VolumeMounts = []corev1.VolumeMount{mount}
	}
}

func tasks(count int32) func(*batchv1.Job) {
	return func(job *batchv1.Job) {
		mode := batchv1.IndexedCompletion
		job.Spec.CompletionMode, job.Spec.Completions = &mode, &count
	}
}

// TestWritersOfClaim: what absolute links on a claim lead to follows from its job, else from all jobs and pods that mount it.
func TestWritersOfClaim(t *testing.T) {
	whole := faketest.Job("whole", mounts(corev1.VolumeMount{MountPath: "/data/"}))
	sub := faketest.Job("sub", mounts(corev1.VolumeMount{MountPath: "/sub", SubPath: "runs/7"}))
	sweep := faketest.Job("sweep", tasks(2), mounts(corev1.VolumeMount{MountPath: "/out", SubPathExpr: "runs/$(JOB_COMPLETION_INDEX)/x"}))
	pods := faketest.Job("pods", mounts(corev1.VolumeMount{MountPath: "/out", SubPathExpr: "$(POD_NAME)"}))
	pod := faketest.PodOf(whole, "reader", corev1.PodSucceeded)
	for name, test := range map[string]struct {
		objects []runtime.Object
		owned   *batchv1.Job
		path    string
		mounts  []localtree.Mount
	}{
		"nobody is known": {nil, nil, "/results", []localtree.Mount{{Path: "/results"}}},
		"its job":         {[]runtime.Object{whole, sub}, whole, "/data", []localtree.Mount{{Path: "/data"}}},
		"a pod":           {[]runtime.Object{pod}, nil, "/data", []localtree.Mount{{Path: "/data"}}},
		"jobs":            {[]runtime.Object{sub, whole}, nil, "/data", []localtree.Mount{{Path: "/sub", Dir: "runs/7"}, {Path: "/data"}}},
		"only a sub-path": {[]runtime.Object{sub}, nil, "/results", []localtree.Mount{{Path: "/sub", Dir: "runs/7"}}},
		"tasks":           {[]runtime.Object{sweep}, nil, "/results", []localtree.Mount{{Path: "/out", Dir: "runs/0/x"}, {Path: "/out", Dir: "runs/1/x"}}},
		"pods of a job":   {[]runtime.Object{pods}, nil, "/results", []localtree.Mount{{Path: "/out", Each: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := faketest.New(test.objects...)
			client, err := cluster.Clientset()
			if err != nil {
				t.Fatal(err)
			}
			reader := claims{client: client, namespace: faketest.Namespace}
			got := reader.writers(t.Context(), faketest.Claim("data", "1Gi", corev1.ClaimBound), test.owned)
			if diff := cmp.Diff(test.mounts, got.mounts); diff != "" || got.path != test.path {
				t.Errorf("%s, -want +got:\n%s", got.path, diff)
			}
		})
	}
}
