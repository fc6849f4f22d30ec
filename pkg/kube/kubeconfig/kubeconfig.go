// Package kubeconfig turns the kubeconfig flags into clients of the cluster. It is
// the only reader of those flags.
//
// What it promises: no file is read and no server asked before a client is wanted, so
// that help needs neither; errors say which of the two was wrong.
package kubeconfig

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-batch/kubectl-batch/pkg/kube/clients"
	"github.com/kubectl-batch/kubectl-batch/pkg/transport"
)

// Requests a second, and in one go: client-go's own 5 and 10 make a purge of a
// thousand jobs take minutes. The API server protects itself (429).
const (
	qps   = 50
	burst = 100
)

// Getter gives clients for the cluster, each made when it is first asked for,
// so that help needs no kubeconfig.
type Getter interface {
	// Clientset returns the typed clients. Errors: the kubeconfig is missing or wrong.
	Clientset() (clients.Interface, error)
	// Bulk returns typed clients that ask as fast as the API server answers, for
	// thousands of requests: it says itself when that is too fast (429), and is obeyed.
	Bulk() (clients.Interface, error)
	// Objects returns what creates objects of any kind, and what knows the kinds.
	Objects() (dynamic.Interface, meta.RESTMapper, error)
	// Executor returns what runs programs in containers.
	Executor() (transport.Executor, error)
	// Tunnel returns what dials a port of a pod through the API server.
	Tunnel(namespace, pod string, port int) (transport.Dialer, error)
	// Namespace returns the namespace of --namespace or of the context, never "".
	Namespace() (string, error)
	// Server returns the URL of the API server, by which things are remembered of a
	// cluster without asking it.
	Server() (string, error)
	// ServerTime knows the time of the API server, from the responses that came so far.
	ServerTime() *ServerTime
	// Kubeconfig returns what the kubeconfig files hold together.
	Kubeconfig() (clientcmdapi.Config, error)
	// Arguments returns the flags that chose this cluster and namespace, as they
	// were typed, for a command line that is suggested.
	Arguments() []string
}

// Flags is the Getter behind kubectl's own kubeconfig flags.
type Flags struct {
	config *genericclioptions.ConfigFlags
	// webSocket is false where the user switched WebSockets off for kubectl.
	webSocket func() bool
	// list is a --kubeconfig that names several files.
	list string
	// unattended says that nobody can answer a question.
	unattended bool
	time       ServerTime
}

// NewFlags returns a Getter that reads config. WebSocket says whether exec may
// use the WebSocket protocol; it is asked at the first exec.
func NewFlags(config *genericclioptions.ConfigFlags, webSocket func() bool) *Flags {
	f := &Flags{config: config, webSocket: webSocket}
	config.WithWrapConfigFn(func(c *rest.Config) *rest.Config {
		c.QPS, c.Burst = qps, burst
		c.Wrap(f.time.Wrap)
		boundRequests(c)
		if f.unattended && c.ExecProvider != nil {
			c.ExecProvider = c.ExecProvider.DeepCopy()
			c.ExecProvider.StdinUnavailable = true
		}
		return c
	})
	return f
}

// Unattended keeps what asks people for credentials from the terminal: a shell that
// completes a word has it.
func (f *Flags) Unattended() { f.unattended = true }

// Clientset returns the typed clients.
func (f *Flags) Clientset() (clients.Interface, error) { return f.clientset(qps) }

// Bulk returns typed clients without a limit of their own.
func (f *Flags) Bulk() (clients.Interface, error) { return f.clientset(-1) }

func (f *Flags) clientset(qps float32) (clients.Interface, error) {
	config, err := f.config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	if err := f.checkKubeconfig(config); err != nil {
		return nil, err
	}
	config = rest.CopyConfig(config)
	config.QPS = qps
	// A list of thousands is read in half the time of JSON.
	config.AcceptContentTypes, config.ContentType = runtime.ContentTypeProtobuf+","+runtime.ContentTypeJSON, runtime.ContentTypeProtobuf
	return clients.NewForConfig(config)
}

// Objects returns what creates objects of any kind, and what knows the kinds: it
// asks the cluster for them, and kubectl's cache.
func (f *Flags) Objects() (dynamic.Interface, meta.RESTMapper, error) {
	config, err := f.config.ToRESTConfig()
	if err != nil {
		return nil, nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	mapper, err := f.config.ToRESTMapper()
	if err != nil {
		return nil, nil, fmt.Errorf("reading the API resources of the cluster: %w", err)
	}
	objects, err := dynamic.NewForConfig(config)
	return objects, mapper, err
}

// Executor returns what runs programs in containers of the cluster.
func (f *Flags) Executor() (transport.Executor, error) {
	config, err := f.config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	return transport.NewExec(config, f.webSocket())
}

// Tunnel returns what dials a port of a pod through the API server, with all
// that kubeconfig and flags say about reaching it.
func (f *Flags) Tunnel(namespace, pod string, port int) (transport.Dialer, error) {
	config, err := f.config.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	return transport.NewTunnel(config, namespace, pod, port)
}

// Namespace returns the namespace of --namespace or of the context.
func (f *Flags) Namespace() (string, error) {
	name, _, err := f.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("reading kubeconfig: %w", err)
	}
	return name, nil
}

// Server returns the URL of the API server.
func (f *Flags) Server() (string, error) {
	config, err := f.config.ToRESTConfig()
	if err != nil {
		return "", fmt.Errorf("reading kubeconfig: %w", err)
	}
	return config.Host, nil
}

// ServerTime knows the time of the API server.
func (f *Flags) ServerTime() *ServerTime { return &f.time }

// Kubeconfig returns what the kubeconfig files hold together.
func (f *Flags) Kubeconfig() (clientcmdapi.Config, error) {
	return f.config.ToRawKubeConfigLoader().RawConfig()
}
