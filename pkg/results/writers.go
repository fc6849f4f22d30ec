package results

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

// writers are the mounts of the jobs and pods that wrote to a claim. Absolute symbolic links on the claim are resolved
// with them.
type writers struct {
	claim string
	// path is where the newest of them mounts the whole claim.
	path   string
	newest metav1.Time
	mounts []localtree.Mount
}

// writers finds what wrote to a claim: the job whose results it holds, or else all jobs and pods that mount it. If there
// are none, or they cannot be listed, the claim is assumed to be mounted where run mounts results. Then absolute links
// to other places lead out of it.
func (c claims) writers(ctx context.Context, pvc *corev1.PersistentVolumeClaim, owner *batchv1.Job) *writers {
	w := &writers{claim: pvc.Name}
	if owner != nil {
		w.addJob(owner)
	}
	if w.path == "" {
		_ = job.Each(ctx, c.client, c.namespace, metav1.ListOptions{}, func(mounting *batchv1.Job) error {
			w.addJob(mounting)
			return nil
		}) // without the list, fewer links are resolved
	}
	if w.path == "" {
		pods, err := c.client.CoreV1().Pods(c.namespace).List(ctx, metav1.ListOptions{})
		if err == nil {
			w.addPods(pods.Items)
		}
	}
	if w.path == "" {
		w.path = claim.ResultsPath
	}
	if len(w.mounts) == 0 {
		w.mounts = []localtree.Mount{{Path: w.path}}
	}
	return w
}

func (w *writers) addJob(mounting *batchv1.Job) {
	w.add(claim.MountsIn(mounting), claim.Tasks(mounting), mounting.CreationTimestamp)
}

func (w *writers) addPods(pods []corev1.Pod) {
	for i := range pods {
		if pod := &pods[i]; !isHelper(*pod) {
			w.add(claim.MountsOfPod(pod), 0, pod.CreationTimestamp)
		}
	}
}

// add adds the mounts of a job or pod.
func (w *writers) add(mounts []claim.Mounted, tasks int, created metav1.Time) {
	w.mounts = append(w.mounts, mountsOn(w.claim, mounts, tasks)...)
	whole := slices.IndexFunc(mounts, func(m claim.Mounted) bool { return m.Claim == w.claim && m.SubPath == "" && !m.Varies })
	if whole >= 0 && (w.path == "" || w.newest.Before(&created)) {
		w.path, w.newest = mounts[whole].Path, created
	}
}

// mountsOn returns the mounts of one claim in a job with so many tasks. A task that has its own directory has its own mount.
func mountsOn(pvc string, mounts []claim.Mounted, tasks int) []localtree.Mount {
	var found []localtree.Mount
	for _, m := range mounts {
		if m.Claim != pvc {
			continue
		}
		if _, known := m.TaskFolder(0); !known || tasks == 0 {
			found = append(found, localtree.Mount{Path: m.Path, Dir: m.SubPath, Each: m.Varies})
			continue
		}
		for n := range tasks {
			folder, _ := m.TaskFolder(n)
			found = append(found, localtree.Mount{Path: m.Path, Dir: path.Join(m.SubPath, folder)})
		}
	}
	return found
}
