package fetch

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-batch/kubectl-batch/pkg/claim"
	"github.com/kubectl-batch/kubectl-batch/pkg/cmd/internal/factory"
	"github.com/kubectl-batch/kubectl-batch/pkg/job"
	"github.com/kubectl-batch/kubectl-batch/pkg/localtree"
)

// inPodError says that files are on no claim and are deleted with their pod, which runs: fetch reads them inside it.
type inPodError struct {
	dir  claim.PodDir
	file string
	pod  *corev1.Pod
}

// Error implements error.
func (e *inPodError) Error() string {
	return fmt.Sprintf("%s is on emptyDir volume %q, which is deleted with pod %q", e.file, e.dir.Volume, e.pod.Name)
}

// podFiles returns the error for files that are on no claim and are deleted with their pod; an *inPodError where
// they can be read. It returns nil where the files asked for are not of that kind.
func (o *Options) podFiles(ctx context.Context, one *batchv1.Job, claims bool) error {
	dir, file := o.podDir(one.Spec.Template.Spec, claims)
	if dir.Volume == "" && claims {
		return nil
	}
	pods, err := job.Pods(ctx, o.client, one)
	if err != nil {
		return err
	}
	pods = slices.DeleteFunc(slices.Clone(pods), func(pod *corev1.Pod) bool { return !running(*pod, dir.Container) })
	switch {
	case len(pods) == 0 && dir.Volume == "":
		return nil
	case len(pods) == 0:
		return fmt.Errorf("%s was on emptyDir volume %q, which exists only while its pod runs; to keep the results of the next run, use run --results=SIZE", file, dir.Volume)
	case dir.Volume == "":
		return fmt.Errorf("it has no volume, so its files are deleted with pod %q; %s", pods[0].Name, o.copyFromPod(one, pods[0], dir.Container, file))
	case len(pods) > 1 || o.tasks != nil:
		return fmt.Errorf("%s is on emptyDir volume %q of each running pod (%d), which is deleted with the pod; %s",
			file, dir.Volume, len(pods), o.copyFromPod(one, pods[0], dir.Container, file))
	}
	return &inPodError{dir, file, pods[0]}
}

// findInPod returns what to copy from an emptyDir volume of a running pod. The claim is a stand-in with an identity
// of its own: nothing is recorded on it.
func (o *Options) findInPod(one *batchv1.Job, files *inPodError) (*found, error) {
	if flag := o.needsHelper(); flag != "" {
		return nil, fmt.Errorf("job %q: %w; %s requires a helper pod, which cannot mount an emptyDir volume", one.Name, files, flag)
	}
	pod, dir := files.pod, files.dir
	mount := claim.Mounted{Mount: claim.Mount{Claim: pod.Name, Path: dir.Path}, Container: dir.Container}
	choice, err := claim.Choose([]claim.Mounted{mount}, pod.Name, o.paths)
	if err != nil {
		return nil, fmt.Errorf("job %q: %w", one.Name, err)
	}
	pvc := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{
		Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID + types.UID("/"+dir.Volume),
	}}
	return &found{
		name: one.Name, job: one, pods: []*corev1.Pod{pod}, claim: pvc, Choice: choice, pod: pod, podVolume: dir.Volume,
		layout: localtree.NewLayout("", localtree.Mount{Path: dir.Path}),
	}, nil
}

// needsHelper returns the flag that cannot do without a helper pod; "" for none.
func (o *Options) needsHelper() string {
	switch {
	case o.engine.To.Bucket != "":
		return "--to=" + o.engine.To.String()
	case o.engine.Via.Bucket != "":
		return o.engine.ViaFrom + "=" + o.engine.Via.String()
	case needsAgent(o.engine.Transport):
		return "--transport=" + o.engine.Transport
	}
	return ""
}

// podDir returns the emptyDir volume that holds what was asked for, and that path as the container sees it. Without
// such a volume that is a path in the file system of the first container. claims says that the job has claims.
func (o *Options) podDir(spec corev1.PodSpec, claims bool) (claim.PodDir, string) {
	dirs := claim.EmptyDirs(spec)
	container := claim.PodDir{Container: spec.Containers[0].Name}
	switch {
	case len(o.paths) > 0 && path.IsAbs(o.paths[0]) && o.paths[0] != "/":
		file := path.Clean(o.paths[0])
		dirs = slices.DeleteFunc(dirs, func(dir claim.PodDir) bool { return !dir.Holds(file) })
		if len(dirs) == 0 {
			return container, file
		}
		return slices.MaxFunc(dirs, func(a, b claim.PodDir) int { return cmp.Compare(len(a.Path), len(b.Path)) }), file
	case claims || len(dirs) == 0:
		return container, "PATH"
	case len(o.paths) > 0:
		return dirs[0], path.Join(dirs[0].Path, o.paths[0])
	}
	return dirs[0], dirs[0].Path
}

// copyFromPod says how files are copied that only their pod has.
func (o *Options) copyFromPod(one *batchv1.Job, pod *corev1.Pod, container, file string) string {
	words := append([]string{"kubectl", "cp"}, o.factory.Client.Arguments()...)
	words = append(words, "-c", container, pod.Namespace+"/"+pod.Name+":"+file, cmp.Or(o.dir, one.Name))
	for i, word := range words {
		words[i] = factory.Quoted(word)
	}
	return fmt.Sprintf("while the pod runs, copy them with \"%s\"; to keep the results of the next run, use run --results=SIZE", strings.Join(words, " "))
}
