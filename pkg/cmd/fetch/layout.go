package fetch

import (
	"context"
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// writers is where those who wrote to a claim saw it.
type writers struct {
	claim string
	// path is where the newest of them saw all of it.
	path   string
	newest metav1.Time
	mounts []localtree.Mount
}

// findWriters looks who wrote to a claim: the job whose results it holds, or else all jobs and pods that mount it. Where
// nothing of that is found, or may not be listed, the claim is taken to be mounted where run mounts results: absolute
// links to other places then lead out of it.
func (o *Options) findWriters(ctx context.Context, pvc *corev1.PersistentVolumeClaim, owned *batchv1.Job) *writers {
	w := &writers{claim: pvc.Name}
	if owned != nil {
		w.seeJob(owned)
	}
	if w.path == "" {
		_ = job.Each(ctx, o.client, o.namespace, metav1.ListOptions{}, func(one *batchv1.Job) error {
			w.seeJob(one)
			return nil
		}) // without it fewer links are known
	}
	if w.path == "" {
		w.seePods(ctx, o)
	}
	if w.path == "" {
		w.path = claim.ResultsPath
	}
	if len(w.mounts) == 0 {
		w.mounts = []localtree.Mount{{Path: w.path}}
	}
	return w
}

func (w *writers) seeJob(one *batchv1.Job) {
	w.see(claim.MountsIn(one), claim.Tasks(one), one.CreationTimestamp)
}

func (w *writers) seePods(ctx context.Context, o *Options) {
	pods, err := o.client.CoreV1().Pods(o.namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return
	}
	for i := range pods.Items {
		if pod := &pods.Items[i]; !isHelper(*pod) {
			w.see(claim.MountsOfPod(pod), 0, pod.CreationTimestamp)
		}
	}
}

// see takes a job or pod into account that was created then.
func (w *writers) see(mounts []claim.Mounted, tasks int, created metav1.Time) {
	w.mounts = append(w.mounts, mountsOn(w.claim, mounts, tasks)...)
	whole := slices.IndexFunc(mounts, func(m claim.Mounted) bool { return m.Claim == w.claim && m.SubPath == "" && !m.Varies })
	if whole >= 0 && (w.path == "" || w.newest.Before(&created)) {
		w.path, w.newest = mounts[whole].Path, created
	}
}

// mountsOn returns those of the mounts of a job with so many tasks that are of one claim. Each task that has a directory
// of its own has a mount of its own.
func mountsOn(pvc string, mounts []claim.Mounted, tasks int) []localtree.Mount {
	var on []localtree.Mount
	for _, m := range mounts {
		if m.Claim != pvc {
			continue
		}
		if _, known := m.TaskFolder(0); !known || tasks == 0 {
			on = append(on, localtree.Mount{Path: m.Path, Dir: m.SubPath, Each: m.Varies})
			continue
		}
		for n := range tasks {
			folder, _ := m.TaskFolder(n)
			on = append(on, localtree.Mount{Path: m.Path, Dir: path.Join(m.SubPath, folder)})
		}
	}
	return on
}
