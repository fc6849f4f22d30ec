//go:build unix

package cmd

import (
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/localexec"
)

// asArray makes a job with results an array of count tasks, each with a folder of
// its own at expression.
func asArray(count int32, expression string) func(*batchv1.Job) {
	return func(job *batchv1.Job) {
		mode := batchv1.IndexedCompletion
		job.Spec.CompletionMode, job.Spec.Completions = &mode, &count
		job.Spec.Template.Spec.Containers[0].VolumeMounts[0].SubPathExpr = expression
	}
}

// fetchable returns job, its results claim, and a pod that has the volume: one
// pod may use it at a time, so that it is read in there, on this machine.
func fetchable(t *testing.T, job *batchv1.Job, tree filetree.Tree) []runtime.Object {
	t.Helper()
	localexec.NeedLinux(t)
	claim := faketest.Claim(job.Name+"-results", "1Gi", corev1.ClaimBound, func(c *corev1.PersistentVolumeClaim) {
		c.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}
	})
	dir := filetree.TempDir(t)
	filetree.Write(t, dir, tree)
	viewer := faketest.Job("viewer-of-"+job.Name, mounting(claim.Name))
	viewer.Spec.Template.Spec.Containers[0].VolumeMounts[0].MountPath = dir
	pod := faketest.PodOf(viewer, viewer.Name, corev1.PodRunning)
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "main", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
	return []runtime.Object{job, claim, pod}
}

// onThisMachine is a cluster whose containers are this machine.
func onThisMachine(objects ...[]runtime.Object) *faketest.Cluster {
	var merged []runtime.Object
	for _, group := range objects {
		merged = append(merged, group...)
	}
	return faketest.New(merged...).Executing(&localexec.Executor{})
}

// localFiles is what is in the current folder, by name and content.
func localFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, node := range filetree.Read(t, ".") {
		if node.Kind == "file" {
			files[name] = node.Data
		}
	}
	return files
}

func sweep(expression string) *batchv1.Job {
	return done("sweep", time.Hour, withResults, asArray(4, expression))
}

func sweepTree() filetree.Tree {
	return filetree.Tree{
		"0/m.json": filetree.File("0"), "0/log": filetree.File("log 0"), "1/m.json": filetree.File("1"),
		"2/log": filetree.File("log 2"), "3/m.json": filetree.File("3"), "notes": filetree.File("all"),
	}
}

// A PATH of an array is that path in every task, or in those that are named.
func TestFetchTasks(t *testing.T) {
	const index = "$(JOB_COMPLETION_INDEX)"
	for name, test := range map[string]struct {
		expression string
		args       string
		want       string
		stderr     string
	}{
		"a path in every task":    {index, "m.json", "0/m.json 1/m.json 3/m.json", "do not have all requested paths: task 2\n"},
		"as each task saw it":     {index, "/results/m.json --task=0-1", "0/m.json 1/m.json", ""},
		"all of some":             {index, "--task 3,0", "0/log 0/m.json 3/m.json", ""},
		"all of some, and twice":  {index, "/ --task 0-1,1", "0/log 0/m.json 1/m.json", ""},
		"all of all":              {index, "", "0/log 0/m.json 1/m.json 2/log 3/m.json notes", ""},
		"several are missing":     {index, "log --task 1-3", "2/log", "do not have all requested paths: tasks 1, 3\n"},
		"a file that one has":     {index, "m.json log --task 1", "1/m.json", "do not have all requested paths: task 1\n"},
		"the folder has its name": {"run/task-" + index, "m.json --task 1", "task-1/m.json", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tree := sweepTree()
			if strings.Contains(test.expression, "task-") {
				tree = filetree.Tree{"task-1/m.json": filetree.File("1")}
			}
			t.Chdir(t.TempDir())
			cluster := onThisMachine(fetchable(t, sweep(test.expression), tree))
			if strings.Contains(test.expression, "run/") {
				inFolder(t, cluster, "run")
			}
			got := execute(t, cluster, append([]string{"fetch", "sweep", "-d", "out"}, strings.Fields(test.args)...)...)
			var names []string
			for file := range strings.FieldsSeq(test.want) {
				names = append(names, "out/"+file)
			}
			if files := keys(localFiles(t)); got.Status != 0 || strings.Join(files, " ") != strings.Join(names, " ") {
				t.Errorf("%q; want %q; %+v", files, names, got)
			}
			if test.stderr == "" && strings.Contains(got.Stderr, "missing") || !strings.Contains(got.Stderr, test.stderr) {
				t.Errorf("stderr: %s", got.Stderr)
			}
		})
	}
}

// Results without files are no failure of a finished job, whichever way they are selected.
func TestFetchEmptyResults(t *testing.T) {
	const index = "$(JOB_COMPLETION_INDEX)"
	dirs := filetree.Tree{"0": filetree.Dir(), "1": filetree.Dir(), "2": filetree.Dir(), "3": filetree.Dir()}
	for name, test := range map[string]struct {
		job    *batchv1.Job
		tree   filetree.Tree
		args   string
		status int
		want   string
	}{
		"a job":             {done("eval", time.Hour, withResults), nil, "eval", 0, "No files: job eval wrote no files to /results\n"},
		"a failed job":      {faketest.Job("eval", withResults, faketest.Ended(batchv1.JobFailed, time.Hour)), nil, "eval", 0, "No files: job eval wrote no files to /results\n"},
		"a claim":           {done("eval", time.Hour, withResults), nil, "pvc/eval-results", 0, "No files: claim eval-results is empty\n"},
		"selected jobs":     {done("eval", time.Hour, withResults, faketest.Labelled("a", "b")), nil, "-l a=b", 0, "No files: job eval wrote no files to /results\n"},
		"unfetched jobs":    {done("eval", time.Hour, withResults, mine), nil, "--unfetched", 0, "No files: job eval wrote no files to /results\n"},
		"an array":          {sweep(index), dirs, "sweep", 0, "No files: job sweep wrote no files to /results (4 directories are in ./sweep)\n"},
		"a task":            {sweep(index), dirs, "sweep --task=3", 0, "No files: the selected paths of claim sweep-results are empty (1 directory is in ./sweep)\n"},
		"a filter":          {done("eval", time.Hour, withResults), nil, "eval --include=*.csv", 1, ""},
		"an unfinished job": {faketest.Job("eval", withResults, running), nil, "eval", 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			cluster := onThisMachine(fetchable(t, test.job, test.tree))
			got := execute(t, cluster, append([]string{"fetch"}, strings.Fields(test.args)...)...)
			if got.Status != test.status || got.Stdout != test.want {
				t.Errorf("%+v; want status %d, %q", got, test.status, test.want)
			}
			if strings.Contains(got.Stderr, "error:") != (test.status == 1) {
				t.Errorf("stderr: %s", got.Stderr)
			}
		})
	}
}

// inFolder gives the viewer of sweep the folder of its claim that its job uses.
func inFolder(t *testing.T, cluster *faketest.Cluster, folder string) {
	t.Helper()
	clients, err := cluster.Clientset()
	if err != nil {
		t.Fatal(err)
	}
	pod, err := clients.CoreV1().Pods(faketest.Namespace).Get(t.Context(), "viewer-of-sweep", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod.Spec.Containers[0].VolumeMounts[0].SubPath = folder
	if err := cluster.Update(corev1.SchemeGroupVersion.WithResource("pods"), pod); err != nil {
		t.Fatal(err)
	}
}

func TestFetchTasksRefuses(t *testing.T) {
	const index = "$(JOB_COMPLETION_INDEX)"
	single := done("single", time.Hour, withResults)
	for name, test := range map[string]struct {
		job    *batchv1.Job
		args   string
		status int
		want   string
	}{
		"no array":                    {single, "single --task=1", 2, `--task=1: job "single" is not an array job`},
		"beyond the last":             {sweep(index), "sweep --task=1,3-4", 2, `--task=3-4: the tasks of job "sweep" are 0-3`},
		"no number":                   {sweep(index), "sweep --task=a", 2, `invalid value "a" for --task: "a" must be a number or range of tasks, such as 0,3-5`},
		"backwards":                   {sweep(index), "sweep --task=0,3-2", 2, `invalid value "0,3-2" for --task: "3-2" must be a number`},
		"below the first":             {sweep(index), "sweep --task=-1", 2, `invalid value "-1" for --task: "-1" must be a number`},
		"of a claim":                  {sweep(index), "pvc/sweep-results --task=1", 2, "--task=1 requires a job"},
		"one folder for all":          {sweep(""), "sweep --task=1", 2, `--task=1: all tasks of job "sweep" write to /results; use PATH`},
		"by the pod's name":           {sweep("$(POD)"), "sweep x", 1, `job "sweep": each pod has its own directory on claim sweep-results; use PATH / to fetch all of them, or run "kubectl batch fetch pvc/sweep-results PATH" to fetch one`},
		"by the pod's name, of a one": {sweep("$(POD)"), "sweep --task=1", 1, "each pod has its own directory"},
		"in none":                     {sweep(index), "sweep nowhere", 1, `no such file or directory in the source: "0/nowhere", "1/nowhere", "2/nowhere", "3/nowhere"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			cluster := onThisMachine(fetchable(t, test.job, sweepTree()))
			got := execute(t, cluster, append([]string{"fetch"}, strings.Fields(test.args)...)...)
			if got.Status != test.status || !strings.Contains(got.Stderr, test.want) || len(got.Changes) > 0 || len(localFiles(t)) > 0 {
				t.Errorf("%+v; want status %d with %q", got, test.status, test.want)
			}
		})
	}
}
