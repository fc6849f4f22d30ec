//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/embedded"
	"github.com/kubectl-batch/kubectl-batch/pkg/helper"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// deliveries is how often the agent must arrive over each protocol.
const deliveries = 100

// waker is the main process of a helper that can be given its agent again and
// again: where the real one becomes the agent, it starts one. What was started
// before is killed, so that it does not take the new one's socket with it.
const waker = `agent=
trap '[ -z "$agent" ] || kill -9 "$agent"; /agent/batch-agent serve /volume /agent/socket & agent=$!' USR1
while :; do sleep 1000 & wait $!; done`

// clearing goes before Install's own program in the same exec: it writes down what
// the delivery before has brought, and takes it away. It reads nothing.
const clearing = `[ ! -e /agent/batch-agent ] || sha256sum </agent/batch-agent >>/agent/log
rm -f /agent/batch-agent /agent/socket
exec "$@"`

// TestDeliver has Install deliver the agent over WebSocket and over SPDY, side by
// side, each into a real helper. Each must arrive at the first try.
func TestDeliver(t *testing.T) {
	s := connect(t)
	if !embedded.Available() {
		t.Fatal("there are no agents here: make build puts them in")
	}
	namespace := s.namespace(t, "deliver")
	for name, webSocket := range map[string]bool{"WebSocket": true, "SPDY": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exec, err := transport.NewExec(s.config, webSocket)
			check(t, err)
			counted := &clearingExecutor{Executor: exec}
			container := s.wokenHelper(t, namespace, strings.ToLower(name))
			for i := range deliveries {
				if err := helper.Install(t.Context(), counted, container, theAgent); err != nil {
					t.Fatalf("delivery %d: %v", i+1, err)
				}
			}
			if n := counted.n.Load(); n != deliveries {
				t.Errorf("%d deliveries took %d tries", deliveries, n)
			}
			checkArrived(t, exec, container)
		})
	}
}

// clearingExecutor counts what it runs.
type clearingExecutor struct {
	transport.Executor

	n atomic.Int64
}

// Exec implements transport.Executor.
func (c *clearingExecutor) Exec(ctx context.Context, container transport.Container, argv []string, stdio transport.Stdio) error {
	c.n.Add(1)
	return c.Executor.Exec(ctx, container, append([]string{"sh", "-c", clearing, "sh"}, argv...), stdio)
}

// checkArrived asks the pod's own sha256sum what was there after each delivery.
func checkArrived(t *testing.T, exec transport.Executor, container transport.Container) {
	t.Helper()
	var out, complaints bytes.Buffer
	script := `uname -m; sha256sum </agent/batch-agent >>/agent/log; cut -d " " -f 1 /agent/log | uniq -c`
	if err := exec.Exec(t.Context(), container, []string{"sh", "-c", script}, transport.Stdio{Out: &out, Err: &complaints}); err != nil {
		t.Fatalf("looking at what arrived: %v: %s", err, complaints.String())
	}
	got := strings.Join(strings.Fields(out.String()), " ")
	machine, arrived, _ := strings.Cut(got, " ")
	agent, _ := embedded.For(machine)
	if want := fmt.Sprintf("%d %s", deliveries, agent.SHA256); arrived != want {
		t.Errorf("the pod has seen %q %s, want %q", got, complaints.String(), want)
	}
}

func theAgent(machine string) (helper.Binary, bool) {
	agent, ok := embedded.For(machine)
	return helper.Binary{Size: agent.Size, SHA256: agent.SHA256, Gzip: agent.Compressed(), Open: agent.Open}, ok
}

// wokenHelper runs a helper as fetch makes it, but for its main process.
func (s *suite) wokenHelper(t *testing.T, namespace, name string) transport.Container {
	t.Helper()
	ctx := t.Context()
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PersistentVolumeClaimSpec{
		AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
		Resources:   corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("16Mi")}},
	}}
	_, err := s.client.CoreV1().PersistentVolumeClaims(namespace).Create(ctx, claim, metav1.CreateOptions{})
	check(t, err)
	pod := helper.Spec{
		Namespace: namespace, Claim: name, Image: s.image, CPU: resource.MustParse("1"), Memory: resource.MustParse("256Mi"),
	}.Pod("deliver")
	pod.Spec.Containers[0].Command = []string{"sh", "-c", waker}
	_, err = s.client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{})
	check(t, err)
	if out := s.kubectl("wait", "pod/"+pod.Name, "-n", namespace, "--for=condition=Ready", "--timeout="+patience.String()); !strings.Contains(out, "condition met") {
		t.Fatal(out)
	}
	return transport.Container{Namespace: namespace, Pod: pod.Name, Name: helper.Container}
}

// namespace makes one that goes when the test is done.
func (s *suite) namespace(t *testing.T, name string) string {
	t.Helper()
	ctx := t.Context()
	created, err := s.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		GenerateName: "e2e-" + name + "-", Labels: map[string]string{suiteLabel: strconv.Itoa(os.Getpid())},
	}}, metav1.CreateOptions{})
	check(t, err)
	t.Cleanup(func() { t.Log(s.kubectl("delete", "namespace", created.Name, "--wait=false")) })
	check(t, s.accountReady(ctx, created.Name))
	return created.Name
}
