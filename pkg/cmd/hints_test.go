//go:build unix

package cmd

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/internal/filetree"
)

// What is mistyped is answered with what is probably meant.
func TestFetchHints(t *testing.T) {
	for args, want := range map[string]string{
		"pvc/eval-result":             `error: no claim "eval-result" in namespace "lab"; similar names: eval-results` + "\n",
		"pvc/unlike":                  `error: no claim "unlike" in namespace "lab"` + "\n",
		"eval-results":                `error: no job "eval-results" in namespace "lab"; to fetch from the claim of that name, run "kubectl batch fetch pvc/eval-results"` + "\n",
		"eval *.json":                 `error: no file "*.json" on claim "eval-results"; to select files by a pattern, use --include='*.json'` + "\n",
		"eval /results/a.json ./here": `invalid PATH "./here": it looks like a local directory; to copy to it, run "kubectl batch fetch eval /results/a.json -d ./here"`,
	} {
		t.Run(args, func(t *testing.T) {
			t.Chdir(t.TempDir())
			cluster := onThisMachine(fetchable(t, done("eval", time.Hour, withResults), filetree.Tree{"a.json": filetree.File("1")}))
			got := execute(t, cluster, append([]string{"fetch"}, strings.Fields(args)...)...)
			if got.Status == 0 || !strings.Contains(got.Stderr, want) {
				t.Errorf("%+v; want %s", got, want)
			}
		})
	}
}

// place is the origin of a connection.
type place string

func (p place) Source() string { return string(p) }

// A connection error names the context and the file of the kubeconfig.
func TestConnectionErrorsNameContext(t *testing.T) {
	const origin = place(`context "lab" of /home/me/config`)
	refused := &url.Error{Op: "Get", URL: "https://10.0.0.1:6443/api", Err: errors.New("dial tcp 10.0.0.1:6443: connect: connection refused")}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"bad credentials": {apierrors.NewUnauthorized("Unauthorized"), `the server rejected the credentials of context "lab" of /home/me/config; log in again`},
		"no server":       {refused, `(context "lab" of /home/me/config)`},
	} {
		if got := located(test.err, origin); !strings.HasSuffix(got.Error(), test.want) {
			t.Errorf("%s: %v; want %s", name, got, test.want)
		}
	}
	if unrelated := errors.New("another"); located(unrelated, origin) != unrelated || located(nil, origin) != nil { //nolint:errorlint // the same error
		t.Error("another error was changed")
	}
}

// A quota that wants limits of every pod leads to the flags that set them.
func TestListHintsAtFlagsForQuota(t *testing.T) {
	job := faketest.Job("train")
	event := &corev1.Event{
		ObjectMeta: named("refused"), InvolvedObject: corev1.ObjectReference{Kind: "Job", Name: job.Name, Namespace: job.Namespace, UID: job.UID},
		Type: corev1.EventTypeWarning, Reason: "FailedCreate", LastTimestamp: job.CreationTimestamp,
		Message: `Error creating: pods "train-x" is forbidden: failed quota: q: must specify limits.cpu for: main; limits.memory for: main`,
	}
	got := execute(t, faketest.New(job, event), "list")
	if want := "limits.memory for: main; add --cpu and --memory to run or rerun\n"; !strings.HasSuffix(got.Stderr, want) {
		t.Errorf("%+v; want %s", got, want)
	}
}
