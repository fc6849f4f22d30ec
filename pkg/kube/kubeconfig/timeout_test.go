package kubeconfig_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
)

// --request-timeout bounds a request, and not a log that is followed.
func TestRequestTimeoutDoesNotBoundStreams(t *testing.T) {
	const limit = 300 * time.Millisecond
	bounded := make(chan struct{}) // closed when a request was
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/log") {
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, "begins\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-bounded:
			_, _ = io.WriteString(w, "ends\n")
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	t.Setenv("KUBECONFIG", "/nowhere/config")
	flags, timeout := genericclioptions.NewConfigFlags(false), limit.String()
	flags.APIServer, flags.Timeout = &server.URL, &timeout
	clients, err := kubeconfig.NewFlags(flags, func() bool { return true }).Clientset()
	if err != nil {
		t.Fatal(err)
	}
	log, err := clients.CoreV1().Pods("lab").GetLogs("train", &corev1.PodLogOptions{Follow: true}).Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	if _, err := clients.CoreV1().Pods("lab").Get(t.Context(), "train", metav1.GetOptions{}); err == nil || !strings.Contains(err.Error(), "--request-timeout=300ms") {
		t.Errorf("%v; want that the request was bounded", err)
	}
	close(bounded)
	if text, err := io.ReadAll(log); err != nil || string(text) != "begins\nends\n" {
		t.Errorf("the log is %q, %v; want both lines", text, err)
	}
}
