package results

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// podFilesError says that files are on no claim and are deleted with their pod, which runs: they can be read inside it.
type podFilesError struct {
	dir  claim.PodDir
	file string
	pod  *corev1.Pod
}

// Error implements error.
func (e *podFilesError) Error() string {
	return fmt.Sprintf("%s is on emptyDir volume %q, which is deleted with pod %q", e.file, e.dir.Volume, e.pod.Name)
}

// podFiles returns the error for files that are on no claim and are deleted with their pod; a *podFilesError if they can
// be read. It returns nil if the requested files are not of that kind. hasClaims means that the job mounts claims.
func (l *locator) podFiles(ctx context.Context, owner *batchv1.Job, hasClaims bool) error {
	dir, file := podDirectory(owner.Spec.Template.Spec, l.request.Paths, hasClaims)
	if dir.Volume == "" && hasClaims {
		return nil
	}
	pods, err := job.Pods(ctx, l.config.Client, owner)
	if err != nil {
		return err
	}
	pending := slices.IndexFunc(pods, func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodPending })
	running := slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return !containerRuns(*pod, dir.Container) })
	switch {
	case len(running) == 0 && dir.Volume == "":
		return nil
	case len(running) == 0 && pending >= 0:
		return fmt.Errorf("%s is on emptyDir volume %q, which exists only while its pod runs, and pod %q is still pending; run fetch again when it runs",
			file, dir.Volume, pods[pending].Name)
	case len(running) == 0:
		return fmt.Errorf("%s was on emptyDir volume %q, which exists only while its pod runs; to keep the results of the next run, use run --results=SIZE", file, dir.Volume)
	case dir.Volume == "":
		return fmt.Errorf("it has no volume, so its files are deleted with pod %q; %s", running[0].Name, l.copyHint(owner, running[0], dir.Container, file))
	case len(running) > 1 || l.request.Tasks != nil:
		return fmt.Errorf("%s is on emptyDir volume %q of each running pod (%d), which is deleted with the pod; %s",
			file, dir.Volume, len(running), l.copyHint(owner, running[0], dir.Container, file))
	}
	return &podFilesError{dir, file, running[0]}
}

// inPod locates files on an emptyDir volume of a running pod. Their claim is a stand-in with its own UID; it is never
// annotated.
func (l *locator) inPod(owner *batchv1.Job, files *podFilesError) (*resultsLocation, error) {
	if setting := l.request.helperRequired(); setting != "" {
		return nil, fmt.Errorf("job %q: %w; %s requires a helper pod, which cannot mount an emptyDir volume", owner.Name, files, setting)
	}
	pod, dir := files.pod, files.dir
	mount := claim.Mounted{Mount: claim.Mount{Claim: pod.Name, Path: dir.Path}, Container: dir.Container}
	choice, err := claim.Choose([]claim.Mounted{mount}, pod.Name, l.request.Paths)
	if err != nil {
		return nil, fmt.Errorf("job %q: %w", owner.Name, err)
	}
	pvc := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID + types.UID("/"+dir.Volume),
	}}
	return &resultsLocation{
		Choice: choice, namespace: l.namespace, name: owner.Name, job: owner, pods: []*corev1.Pod{pod}, claim: pvc, pod: pod, podVolume: dir.Volume,
		layout: localtree.NewLayout("", localtree.Mount{Path: dir.Path}),
	}, nil
}

// podDirectory returns the emptyDir volume that holds the first path, and that path as the container sees it. If there is
// no such volume, the path is in the file system of the first container.
func podDirectory(spec corev1.PodSpec, paths []string, hasClaims bool) (claim.PodDir, string) {
	dirs := claim.EmptyDirs(spec)
	container := claim.PodDir{Container: spec.Containers[0].Name}
	switch {
	case len(paths) > 0 && path.IsAbs(paths[0]) && paths[0] != "/":
		file := path.Clean(paths[0])
		dirs = slices.DeleteFunc(dirs, func(dir claim.PodDir) bool { return !dir.Holds(file) })
		if len(dirs) == 0 {
			return container, file
		}
		return slices.MaxFunc(dirs, func(a, b claim.PodDir) int { return cmp.Compare(len(a.Path), len(b.Path)) }), file
	case hasClaims || len(dirs) == 0:
		return container, "PATH"
	case len(paths) > 0:
		return dirs[0], path.Join(dirs[0].Path, paths[0])
	}
	return dirs[0], dirs[0].Path
}

// copyHint tells how to copy files that only their pod has.
func (l *locator) copyHint(owner *batchv1.Job, pod *corev1.Pod, container, file string) string {
	line := l.config.Commands.Kubectl("cp", "-c", container, pod.Namespace+"/"+pod.Name+":"+file, cmp.Or(l.directory(), owner.Name))
	return fmt.Sprintf("while the pod runs, copy them with \"%s\"; to keep the results of the next run, use run --results=SIZE", line)
}

// directory returns the requested local directory of this namespace.
func (l *locator) directory() string {
	if l.request.severalNamespaces() {
		return l.request.destination().below(l.namespace).dir
	}
	return l.request.Dir
}
