package job

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
)

// logServer answers each request for a log with the next of answers, and with 404 after the last. If the
// last letter of an answer is "!", the answer is cut there.
func logServer(t *testing.T, answers ...string) clients.Interface {
	t.Helper()
	served := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if served == len(answers) {
			http.Error(w, "pods \"train-x\" not found", http.StatusNotFound)
			return
		}
		text, cut := strings.CutSuffix(answers[served], "!")
		served++
		_, _ = w.Write([]byte(text))
		_ = http.NewResponseController(w).Flush()
		if cut {
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	client, err := clients.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// timedLine returns a line as the kubelet gives it, five seconds after the one before it.
func timedLine(n int) string {
	return fmt.Sprintf("%s line %d\n", faketest.Now().Add(time.Duration(n)*5*time.Second).Format(time.RFC3339Nano), n)
}

// A log whose connection breaks is read to its end, or the error says that lines are lost.
func TestLogIsReadToItsEnd(t *testing.T) {
	var lines, cuts []string
	for n := range maxReads + 3 {
		lines, cuts = append(lines, fmt.Sprintf("line %d\n", n)), append(cuts, timedLine(n)+"!")
	}
	const lost = "the last lines of the log of pod \"train-x\" are lost"
	for name, test := range map[string]struct {
		answers   []string
		want, err string
	}{
		"complete":                        {[]string{timedLine(0), timedLine(0)}, "line 0\n", ""},
		"complete, and then deleted":      {[]string{timedLine(0)}, "line 0\n", ""},
		"cut, and read again":             {[]string{timedLine(0) + "!", timedLine(0) + timedLine(1), timedLine(1)}, "line 0\nline 1\n", ""},
		"cut, and then deleted":           {[]string{timedLine(0) + "!"}, "line 0\n", lost},
		"cut often, with a line each":     {append(append([]string{timedLine(0)}, cuts...), timedLine(maxReads+2)), strings.Join(lines, ""), ""},
		"cut in the middle, then deleted": {[]string{timedLine(0) + strings.TrimSuffix(timedLine(1), "1\n") + "!"}, "line 0\nline ", lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			pod := faketest.PodOf(faketest.Job("train"), "train-x", corev1.PodSucceeded)
			l := &logStream{client: logServer(t, test.answers...), pod: pod, container: "main", out: &lineWriter{out: &out}, settle: time.Millisecond}
			err := l.follow(t.Context(), func(*corev1.Pod, string) containerState { return containerState{ended: true} })
			if got := fmt.Sprint(err); out.String() != test.want || (err == nil) != (test.err == "") || !strings.Contains(got, test.err) && err != nil {
				t.Errorf("%q, %v; want %q, %s", out.String(), err, test.want, test.err)
			}
		})
	}
}

// A log that is not followed is also read again if the connection breaks.
func TestCutLogIsReadAgain(t *testing.T) {
	stamp := faketest.Now().Format(time.RFC3339Nano)
	ended := faketest.Job("train", faketest.Ended(batchv1.JobComplete, 0))
	pod := faketest.PodOf(ended, "train-x", corev1.PodSucceeded, faketest.Exited(0))
	var out bytes.Buffer
	l := &logStream{client: logServer(t, stamp+" one\n"+stamp+" tw!", stamp+" one\n"+stamp+" two\n"), pod: pod, container: "main", out: &lineWriter{out: &out}, settle: time.Millisecond}
	if err := l.readAll(t.Context()); err != nil || out.String() != "one\ntwo\n" {
		t.Errorf("%q, %v; want both lines", out.String(), err)
	}
}

// After a stream breaks shortly before a restart of the container, the node returns the log of the next attempt, before the
// pod shows the restart. The last lines of the first attempt are written first.
func TestRestartBehindACutStream(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	pod := faketest.PodOf(faketest.Job("train"), "train-x", corev1.PodSucceeded)
	client := logServer(t, timedLine(0)+"!", timedLine(2), timedLine(0)+timedLine(1), timedLine(2)+timedLine(3), timedLine(3))
	l := &logStream{client: client, pod: pod, container: "main", out: &lineWriter{out: &out}}
	if err := l.resumeAttempt(t.Context()); err == nil {
		t.Fatal("the first stream was not cut")
	}
	looks := 0
	err := l.follow(t.Context(), func(*corev1.Pod, string) containerState {
		looks++
		return containerState{restarts: 1, ended: looks > 1}
	})
	if want := "line 0\nline 1\nline 2\nline 3\n"; out.String() != want || err != nil {
		t.Errorf("%q, %v; want %q", out.String(), err, want)
	}
}

// If a log begins again without a restart, the node has started another file.
func TestNewFileOfALog(t *testing.T) {
	t.Parallel()
	answers := []string{timedLine(0) + "!"}
	for range maxOtherLogs + 1 {
		answers = append(answers, timedLine(1))
	}
	var out bytes.Buffer
	pod := faketest.PodOf(faketest.Job("train"), "train-x", corev1.PodSucceeded)
	l := &logStream{client: logServer(t, answers...), pod: pod, container: "main", out: &lineWriter{out: &out}}
	for range maxOtherLogs + 2 {
		_ = l.resumeAttempt(t.Context())
	}
	if want := "line 0\nline 1\n"; out.String() != want {
		t.Errorf("%q; want %q", out.String(), want)
	}
}
