package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/provenance"
)

// The directives as the shells get them.
const (
	files   = ":0"
	words4  = ":4"
	noSpace = ":6"
	folders = ":16"
)

// tabbed returns the completions of the last of words, without
// their descriptions.
func tabbed(t *testing.T, cluster *faketest.Cluster, words ...string) string {
	t.Helper()
	got := execute(t, cluster, append([]string{"__completeNoDesc"}, words...)...)
	if got.Status != 0 || len(got.Changes) > 0 {
		t.Errorf("%v: %+v", words, got)
	}
	return strings.Join(strings.Fields(got.Stdout), " ")
}

// typed splits a line into words: after a final space there is an empty word.
func typed(line string) []string {
	words := strings.Split(line, " ")
	if words[len(words)-1] == "" && len(words) > 1 && words[len(words)-2] == "" {
		words = words[:len(words)-1]
	}
	return words
}

// shelf is a namespace with a job of every kind.
func shelf() []runtime.Object {
	going := done("going", time.Hour)
	going.DeletionTimestamp, going.Finalizers = &metav1.Time{Time: faketest.Now()}, []string{"x"}
	cancelled := faketest.Job("cancelled", running, faketest.Marked(provenance.CancelledAnnotation, "2026-03-04T11:00:00Z"))
	cron := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "nightly", Namespace: faketest.Namespace}, Spec: batchv1.CronJobSpec{Schedule: "0 3 * * *"}}
	elsewhere := faketest.Job("elsewhere")
	elsewhere.Namespace = "other"
	return []runtime.Object{
		done("train", time.Hour, mounts("train-results")), failed("test", 2*time.Hour), faketest.Job("waits", suspended),
		faketest.Job("runs", running, mounting("data")), going, cancelled, elsewhere, cron,
		results(corev1.ClaimBound, "10Gi"), results(corev1.ClaimBound, "1Gi", ofJob("gone"), fetchedClaim),
		faketest.Claim("data", "5Ti", corev1.ClaimBound), faketest.Claim("new", "1Gi", corev1.ClaimPending),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "lab"}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "vision"}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: faketest.Namespace}},
	}
}

func TestTab(t *testing.T) {
	for line, want := range map[string]string{
		"fe":                       "fetch " + words4,
		"pur":                      "purge " + words4,
		"logs ":                    "cancelled going runs test train waits " + words4,
		"logs t":                   "test train " + words4,
		"rerun r":                  "runs " + words4,
		"rerun runs -- python ":    words4,
		"wait train t":             "test " + words4,
		"wait job/train t":         "test " + words4,
		"list jobs.batch/train t":  "test " + words4,
		"wait --timeout ":          words4,
		"logs job/t":               "job/test job/train " + words4,
		"logs jobs.batch/tr":       "jobs.batch/train " + words4,
		"logs pod/t":               words4,
		"logs @":                   "@latest " + words4,
		"wait @latest @":           words4,
		"cancel ":                  "runs waits " + words4,
		"purge ":                   "test train " + words4,
		"purge pvc/":               words4,
		"purge --failed ":          words4,
		"purge --keep=1 ":          words4,
		"purge -l a=b --volumes ":  words4,
		"cancel --all ":            words4,
		"cancel --mine ":           words4,
		"list -A ":                 words4,
		"purge --volumes pv":       "pvc/gone-results " + words4,
		"purge --volumes pvc/":     "pvc/gone-results " + words4,
		"purge --volumes pvc/t":    words4,
		"purge --volumes t":        "test train " + words4,
		"purge --volumes train te": "test " + words4,
		"fetch ":                   "runs train " + words4,
		"fetch pvc/":               "pvc/data pvc/gone-results pvc/train-results " + words4,
		"fetch pvc/d":              "pvc/data " + words4,
		"fetch s3://":              words4,
		"fetch -l a=b ":            words4,
		"fetch --unfetched ":       words4,
		"fetch train -d ":          folders,
		"fetch train --dir=":       folders,
		"fetch --transport=t":      "tunnel tar " + words4,
		"fetch train --compress ":  "auto zstd s2 none " + words4,
		"fetch train --include ":   words4,
		"run ":                     words4,
		"run x --image ":           words4,
		"run x --script ":          files,
		"run -f ":                  "json yaml yml :8",
		"run --from ":              "cronjob/nightly " + words4,
		"run --from=cronjob/n":     "cronjob/nightly " + words4,
		"run x --pvc ":             "data gone-results new train-results " + noSpace,
		"run x --pvc=d":            "data " + noSpace,
		"run x --results ":         words4,
		"run x --results p":        "pvc/data pvc/gone-results pvc/new pvc/train-results " + words4,
		"run x --results pvc/n":    "pvc/new " + words4,
		"run x --service-account ": "default " + words4,
		"rerun train --dry-run=":   "none client server " + words4,
		"list -o j":                "json jsonpath jsonpath-as-json jsonpath-file " + words4,
		"list -l ":                 words4,
		"purge --dry-run ":         "test train " + words4, // its value comes behind = only
		"completion ":              "install bash zsh fish powershell " + words4,
		"completion bash ":         words4,
		"completion install ":      words4,
		"nosuch ":                  words4,
	} {
		t.Run(line, func(t *testing.T) {
			equal(t, tabbed(t, faketest.New(shelf()...), typed(line)...), want)
		})
	}
}

// The description follows the word.
func TestTabDescribes(t *testing.T) {
	got := execute(t, faketest.New(shelf()...), "__complete", "logs", "t")
	equal(t, got.Stdout, "test\tFailed, 60m old\ntrain\tComplete, 60m old\n:4\n")
	got = execute(t, faketest.New(shelf()...), "__complete", "fetch", "pvc/d")
	equal(t, got.Stdout, "pvc/data\t5Ti, Bound\n:4\n")
}

// A word that needs no cluster causes no request, and any other word causes one list request.
func TestTabAsksLittle(t *testing.T) {
	for line, want := range map[string][]string{
		"fe": nil, "logs @": nil, "fetch --transport=": nil, "logs --": nil, "fetch s3://b": nil, "completion ": nil, "run x --results 1": nil, "fetch train ": nil,
		"logs ": {"list jobs"}, "fetch t": {"list jobs"}, "fetch pvc/": {"list persistentvolumeclaims"}, "purge --volumes t": {"list jobs"},
		"purge --volumes pvc/": {"list jobs", "list persistentvolumeclaims labels=" + provenance.Select(provenance.ResultsComponent)},
	} {
		cluster := faketest.New(shelf()...)
		tabbed(t, cluster, typed(line)...)
		equal(t, cluster.Calls(), want)
	}
}

// A cluster that refuses or does not respond offers nothing, within the time limit and without a message.
func TestTabInTrouble(t *testing.T) {
	refused := apierrors.NewForbidden(batchv1.Resource("jobs"), "", errors.New("no"))
	equal(t, tabbed(t, faketest.New(shelf()...).Refuse("list", "*", refused), "logs", ""), words4)
	synctest.Test(t, func(t *testing.T) {
		answer, began := make(chan struct{}), time.Now()
		equal(t, tabbed(t, faketest.New(shelf()...).Silent(answer), "logs", ""), words4)
		equal(t, time.Since(began), 3*time.Second)
		close(answer)
	})
}

// The thousandth job is found by the beginning of its name, and the number of offered words is limited.
func TestTabOfThousands(t *testing.T) {
	var objects []runtime.Object
	for i := range 1000 {
		objects = append(objects, done(fmt.Sprintf("job-%03d", i), time.Hour))
	}
	equal(t, tabbed(t, faketest.New(objects...), "logs", "job-999"), "job-999 "+words4)
	equal(t, len(strings.Fields(tabbed(t, faketest.New(objects...), "logs", "job-"))), 300+1)
}

// A claim is offered only if its job is known not to exist.
func TestTabOfOrphansNeedsTheJobs(t *testing.T) {
	refused := apierrors.NewForbidden(batchv1.Resource("jobs"), "", errors.New("no"))
	cluster := faketest.New(shelf()...).Refuse("list", "jobs", refused)
	equal(t, tabbed(t, cluster, "purge", "--volumes", "pvc/"), words4)
	equal(t, cluster.Calls(), []string{"list jobs"})
}

// writeKubeconfig writes a kubeconfig with two contexts, and a cluster that does not respond.
func writeKubeconfig(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := `{"apiVersion": "v1", "kind": "Config", "current-context": "here",
		"clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}], "users": [{"name": "u", "user": {}}],
		"contexts": [{"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "lab"}}, {"name": "there", "context": {"cluster": "c", "user": "u", "namespace": "vision"}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", path)
	t.Setenv("HOME", t.TempDir())
}

// called runs the program as kubectl does.
func called(t *testing.T, as string, args ...string) result {
	t.Helper()
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	status := Main(t.Context(), streams, append([]string{as}, args...))
	return result{Stdout: out.String(), Stderr: errOut.String(), Status: status}
}

// Called by the name that kubectl looks for, the program completes. Global flags are allowed
// anywhere after the plugin's name; kubectl accepts none before it.
func TestTabAsKubectlCalls(t *testing.T) {
	writeKubeconfig(t)
	for line, want := range map[string]string{
		"fe":                                "fetch\tCopy the results of a job to the local machine\n:4\n",
		"-n lab fe":                         "fetch\tCopy the results of a job to the local machine\n:4\n",
		"--context=there --namespace x fet": "fetch\tCopy the results of a job to the local machine\n:4\n",
		"--context ":                        "here\tlab\nthere\tvision\n:4\n",
		"logs --context=th":                 "there\tvision\n:4\n",
		"logs --cluster ":                   "c\n:4\n",
		"--user ":                           "u\n:4\n",
		"logs -n ":                          "lab\nvision\n:4\n",
		"logs train --kubeconfig ":          ":0\n",
		"logs --cache-dir ":                 ":16\n",
		"logs ":                             ":4\n",
		"logs --pau":                        "--pause\tWait for the Enter key before the command ends, for programs such as k9s that clear the screen after a command\n:4\n",
		"logs -n lab @":                     "@latest\tyour newest job\n:4\n",
	} {
		t.Run(line, func(t *testing.T) {
			got := called(t, "/usr/local/bin/kubectl_complete-batch", typed(line)...)
			if got.Stdout != want || got.Status != 0 {
				t.Errorf("%+v; want %q", got, want)
			}
		})
	}
	offered := called(t, "kubectl_complete-batch_jobs", "")
	if none := called(t, "kubectl_complete-batch_jobs"); none.Stdout != offered.Stdout || !strings.Contains(offered.Stdout, "fetch\t") {
		t.Errorf("%+v; %+v", none, offered)
	}
	equal(t, called(t, "kubectl-batch", "__complete", "fe").Stdout, "fetch\tCopy the results of a job to the local machine\n:4\n")
	equal(t, called(t, "batch_complete-kubectl", "version").Status, 0)
}

// A list of kubeconfig files is taken here, too.
func TestTabTakesKubeconfigLists(t *testing.T) {
	writeKubeconfig(t)
	list := fmt.Sprintf("--kubeconfig=%s%c%s", os.Getenv("KUBECONFIG"), os.PathListSeparator, filepath.Join(t.TempDir(), "none"))
	t.Setenv("KUBECONFIG", "")
	equal(t, called(t, "kubectl_complete-batch", list, "--context", "t").Stdout, "there\tvision\n:4\n")
	equal(t, called(t, "kubectl_complete-batch", list, "-n", "").Stdout, "lab\nvision\n:4\n")
}
