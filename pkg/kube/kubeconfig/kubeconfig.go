// Package kubeconfig turns the kubeconfig flags into clients of the cluster. It is
// the only reader of those flags.
//
// It reads no file and contacts no server before a client is requested, so
// that help needs neither. Errors name the file or the server that caused them.
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

// Getter returns clients for the cluster. It creates each when it is first requested,
// so that help needs no kubeconfig.
type Getter interface {
	// Clientset returns the typed clients. Errors: the kubeconfig is missing or wrong.
	Clientset() (clients.Interface, error)
	// Bulk returns typed clients without a rate limit of their own, for
	// thousands of requests: they obey the API server, which answers 429 when they are too fast.
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
	// ServerTime returns the time of the API server, according to the responses so far.
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
	// webSocket is false if the user disabled WebSockets for kubectl.
	webSocket func() bool
	// list is a --kubeconfig that names several files.
	list string
	// unattended means that questions cannot be answered.
	unattended bool
	time       ServerTime
}

// NewFlags returns a Getter that reads config. webSocket reports whether exec may
// use the WebSocket protocol; it is called at the first exec.
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

// Unattended prevents credential plugins from using the terminal, because a shell that
// completes a word uses it.
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

// Objects returns a client that creates objects of any kind, and a mapper of kinds, which
// uses the cluster's discovery and kubectl's cache.
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

// Tunnel returns a dialer for a port of a pod through the API server, with all
// connection settings of kubeconfig and flags.
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
