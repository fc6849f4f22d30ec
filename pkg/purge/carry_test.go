package purge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-batch/kubectl-batch/pkg/internal/faketest"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/purge"
)

// A deletion is retried when a busy API server requests it; an API server that
// starts refuses all users for a moment.
func TestCarryThroughTrouble(t *testing.T) {
	var requests atomic.Int32
	began := time.Now()
	var second time.Duration
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status := metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure}
		switch requests.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "1")
			status.Code, status.Reason = http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests
		case 2:
			second = time.Since(began)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close() // it was killed
			}
			return
		case 3:
			w.Header().Set("Content-Length", "100") // and in the middle of an answer
			return
		case 4:
			status.Code, status.Reason = http.StatusForbidden, metav1.StatusReasonForbidden
			status.Message = `clusterrole "edit" not found`
		default:
			status.Status, status.Code = metav1.StatusSuccess, http.StatusOK
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(status.Code))
		_ = json.NewEncoder(w).Encode(status)
	}))
	defer server.Close()
	client, err := clients.NewForConfig(&rest.Config{Host: server.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	plan := &purge.Plan{Jobs: []purge.Item{{Job: finished("a", batchv1.JobComplete, day)}}}
	plan.SetRetryEvery(time.Millisecond)
	failure := errors.New("nothing was told")
	plan.Carry(t.Context(), client, false, func(_ purge.Object, err error) { failure = err })
	if failure != nil || requests.Load() != 5 || second < time.Second {
		t.Errorf("%v after %d requests, the second after %s", failure, requests.Load(), second)
	}
}

// A missing right is reported immediately, and the claim of the job is kept.
func TestCarryForbidden(t *testing.T) {
	cluster := faketest.New(faketest.Job("a")).Refuse("delete", "jobs", errors.New("no"))
	client, _ := cluster.Clientset()
	job := finished("a", batchv1.JobComplete, day)
	plan := &purge.Plan{Jobs: []purge.Item{{Job: job}}, Claims: []purge.Claim{{Object: purge.Object{Kind: purge.KindClaim, Name: "c", Namespace: faketest.Namespace}, Jobs: []purge.Job{job}}}}
	var failures []error
	plan.Carry(t.Context(), client, false, func(_ purge.Object, err error) { failures = append(failures, err) })
	if len(failures) != 2 || failures[0].Error() != "no" || !purge.IsKept(failures[1]) || len(cluster.Changes()) != 1 {
		t.Errorf("%v, %v", failures, cluster.Changes())
	}
}

// Claims that the API server refuses to delete are reported by many workers at once: no report is lost, and nothing else is
// deleted instead.
func TestCarryRefusedClaims(t *testing.T) {
	const claims = 400
	refused := apierrors.NewForbidden(corev1.Resource("persistentvolumeclaims"), "", errors.New("no"))
	cluster := faketest.New().Refuse("delete", "persistentvolumeclaims", refused)
	client, _ := cluster.Clientset()
	plan := &purge.Plan{}
	for i := range claims {
		job := finished(fmt.Sprintf("job-%d", i), batchv1.JobComplete, day)
		name := job.Name + "-results"
		plan.Jobs = append(plan.Jobs, purge.Item{Job: job})
		plan.Claims = append(plan.Claims, purge.Claim{
			Object: purge.Object{Kind: purge.KindClaim, Name: name, Namespace: faketest.Namespace, UID: faketest.UID(name)}, Jobs: []purge.Job{job},
		})
	}
	stayed := 0
	plan.Carry(t.Context(), client, false, func(object purge.Object, err error) {
		if object.Kind == purge.KindClaim && errors.Is(err, refused) {
			stayed++
		}
	})
	if stayed != claims {
		t.Errorf("%d claims were told as refused, want %d", stayed, claims)
	}
}
