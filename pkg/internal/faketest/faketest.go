// Package faketest is a cluster in memory for tests of whole commands. It keeps
// objects, and records every request with its options. Of what a real API server
// enforces it does the part that tests would otherwise be fooled by: UIDs,
// generated names, UID preconditions, dry runs, and lists in the order of names.
package faketest

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	clienttesting "k8s.io/client-go/testing"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/kube/kubeconfig"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Namespace is the one that commands work in.
const Namespace = "lab"

// User is the caller, unless As sets another one.
const User = "dev@example.org"

var _ kubeconfig.Getter = (*Cluster)(nil)

// Cluster is a kubeconfig.Getter over objects in memory.
type Cluster struct {
	clients   *Clientset
	user      string
	namespace string
	arguments []string
	executor  transport.Executor
	tunnel    transport.Dialer
	warnings  kubeconfig.Warnings
	time      kubeconfig.ServerTime
	silent    <-chan struct{}

	mu      sync.Mutex
	watches []watch.Interface
	stopped bool
}

// New returns a cluster that holds objects.
func New(objects ...runtime.Object) *Cluster {
	c := &Cluster{clients: NewClientset(objects...), user: User, namespace: Namespace}
	c.clients.PrependReactor("list", "*", c.list)
	c.clients.PrependReactor("create", "*", c.create)
	c.clients.PrependReactor("delete", "*", c.delete)
	c.clients.PrependReactor("create", "selfsubjectreviews", c.review)
	c.clients.PrependReactor("get", "namespaces", c.namespaceOf)
	c.clients.PrependWatchReactor("*", c.watch)
	return c
}

// As makes user the caller.
func (c *Cluster) As(user string) *Cluster {
	c.user = user
	return c
}

// Typed makes arguments the kubeconfig flags that were typed.
func (c *Cluster) Typed(arguments ...string) *Cluster {
	c.arguments = arguments
	return c
}

// Executing makes executor run what commands run in containers.
func (c *Cluster) Executing(executor transport.Executor) *Cluster {
	c.executor = executor
	return c
}

// Tunneling makes dialer the way to every port of every pod.
func (c *Cluster) Tunneling(dialer transport.Dialer) *Cluster {
	c.tunnel = dialer
	return c
}

// Warnings are what this API server has warned of.
func (c *Cluster) Warnings() *kubeconfig.Warnings { return &c.warnings }

// Warn has the API server warn of text.
func (c *Cluster) Warn(text string) *Cluster {
	c.warnings.HandleWarningHeader(0, "", text)
	return c
}

// Job returns the job of that name as it is now.
func (c *Cluster) Job(t *testing.T, name string) *batchv1.Job {
	t.Helper()
	object, err := c.clients.Tracker().Get(batchv1.SchemeGroupVersion.WithResource("jobs"), Namespace, name)
	if err != nil {
		t.Fatal(err)
	}
	job, ok := object.(*batchv1.Job)
	if !ok {
		t.Fatalf("%T is not a job", object)
	}
	return job.DeepCopy()
}

// Claim returns the current claim of that name, nil if there is none.
func (c *Cluster) Claim(name string) *corev1.PersistentVolumeClaim {
	object, err := c.clients.Tracker().Get(corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims"), Namespace, name)
	if err != nil {
		return nil
	}
	claim, _ := object.(*corev1.PersistentVolumeClaim)
	return claim.DeepCopy()
}

// Refuse answers every such request with err.
func (c *Cluster) Refuse(verb, resource string, err error) *Cluster {
	c.clients.PrependReactor(verb, resource, func(clienttesting.Action) (bool, runtime.Object, error) { return true, nil, err })
	return c
}

// Admit calls judge for each object of that resource that a client creates; an
// error of judge is the response.
func (c *Cluster) Admit(resource string, judge func(runtime.Object) error) *Cluster {
	c.clients.PrependReactor("create", resource, func(action clienttesting.Action) (bool, runtime.Object, error) {
		create, ok := action.(clienttesting.CreateActionImpl)
		if !ok {
			return false, nil, nil
		}
		err := judge(create.Object)
		return err != nil, nil, err
	})
	return c
}

// Silent keeps every client waiting until answer is closed.
func (c *Cluster) Silent(answer <-chan struct{}) *Cluster {
	c.silent = answer
	return c
}

// Clientset implements kubeconfig.Getter.
func (c *Cluster) Clientset() (clients.Interface, error) {
	if c.silent != nil {
		<-c.silent
	}
	return c.clients, nil
}

// Bulk implements kubeconfig.Getter.
func (c *Cluster) Bulk() (clients.Interface, error) { return c.clients, nil }

// Objects implements kubeconfig.Getter: kinds that the clientset does not know are for
// a real cluster.
func (*Cluster) Objects() (dynamic.Interface, meta.RESTMapper, error) {
	return nil, nil, errors.New("this in-memory cluster does not support arbitrary objects")
}

// Executor implements kubeconfig.Getter.
func (c *Cluster) Executor() (transport.Executor, error) { return c.executor, nil }

// Tunnel implements kubeconfig.Getter.
func (c *Cluster) Tunnel(string, string, int) (transport.Dialer, error) {
	if c.tunnel == nil {
		return nil, errors.New("this in-memory cluster has no tunnel")
	}
	return c.tunnel, nil
}

// Namespace implements kubeconfig.Getter.
func (c *Cluster) Namespace() (string, error) { return c.namespace, nil }

// In makes namespace the one that commands work in.
func (c *Cluster) In(namespace string) *Cluster {
	c.namespace = namespace
	return c
}

// Ahead has the server's clock be that much later than this machine's.
func (c *Cluster) Ahead(d time.Duration) *Cluster {
	localTime := time.Now() //nolint:forbidigo // the offset is that to this machine's clock
	response, err := c.time.Wrap(dated{localTime.Add(d)}).RoundTrip(&http.Request{})
	if err == nil {
		_ = response.Body.Close()
	}
	return c
}

// dated answers with that date.
type dated struct{ time.Time }

func (d dated) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{Header: http.Header{"Date": {d.UTC().Format(http.TimeFormat)}}, Body: http.NoBody}, nil
}

// ServerTime implements kubeconfig.Getter.
func (c *Cluster) ServerTime() *kubeconfig.ServerTime { return &c.time }

// Server implements kubeconfig.Getter.
func (*Cluster) Server() (string, error) { return "https://lab.example.org", nil }

// Kubeconfig implements kubeconfig.Getter: two contexts, of the namespaces lab and default.
func (*Cluster) Kubeconfig() (clientcmdapi.Config, error) {
	config := clientcmdapi.NewConfig()
	for name, namespace := range map[string]string{"here": Namespace, "there": "default"} {
		config.Contexts[name] = &clientcmdapi.Context{Cluster: name + "-cluster", AuthInfo: name + "-user", Namespace: namespace}
		config.Clusters[name+"-cluster"] = &clientcmdapi.Cluster{Server: "https://" + name + ".example.org"}
		config.AuthInfos[name+"-user"] = &clientcmdapi.AuthInfo{}
	}
	return *config, nil
}

// Arguments implements kubeconfig.Getter.
func (c *Cluster) Arguments() []string { return c.arguments }

// Add adds an object without a request.
func (c *Cluster) Add(object runtime.Object) error { return c.clients.Tracker().Add(object) }

// Update changes an object behind the command's back; watches see it.
func (c *Cluster) Update(resource schema.GroupVersionResource, object runtime.Object) error {
	return c.clients.Tracker().Update(resource, object, Namespace)
}

// Remove deletes an object behind the command's back; watches see it.
func (c *Cluster) Remove(resource schema.GroupVersionResource, name string) error {
	return c.clients.Tracker().Delete(resource, Namespace, name)
}

// Stop ends all watches, also future ones: a watch of this cluster
// does not end with its context.
func (c *Cluster) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for _, w := range c.watches {
		w.Stop()
	}
}

// Start lets watches begin again after Stop.
func (c *Cluster) Start() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = false
}

func (c *Cluster) watch(action clienttesting.Action) (bool, watch.Interface, error) {
	w, err := c.clients.Tracker().Watch(action.GetResource(), action.GetNamespace())
	if err != nil {
		return true, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		w.Stop()
	}
	c.watches = append(c.watches, w)
	return true, w, nil
}

func (c *Cluster) review(clienttesting.Action) (bool, runtime.Object, error) {
	review := &authenticationv1.SelfSubjectReview{}
	review.Status.UserInfo.Username = c.user
	return true, review, nil
}
