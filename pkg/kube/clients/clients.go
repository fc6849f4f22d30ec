// Package clients contains the API clients that the plugin uses, for five API groups. The clients for all groups, which
// kubernetes.NewForConfig returns, add 9 MB to a program.
package clients

import (
	"net/http"

	authenticationv1 "k8s.io/client-go/kubernetes/typed/authentication/v1"
	batchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	schedulingv1 "k8s.io/client-go/kubernetes/typed/scheduling/v1"
	storagev1 "k8s.io/client-go/kubernetes/typed/storage/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
)

// Interface gives the typed clients, a group each.
type Interface interface {
	AuthenticationV1() authenticationv1.AuthenticationV1Interface
	BatchV1() batchv1.BatchV1Interface
	CoreV1() corev1.CoreV1Interface
	SchedulingV1() schedulingv1.SchedulingV1Interface
	StorageV1() storagev1.StorageV1Interface
}

// clients is a real cluster.
type clients struct {
	authentication *authenticationv1.AuthenticationV1Client
	batch          *batchv1.BatchV1Client
	core           *corev1.CoreV1Client
	scheduling     *schedulingv1.SchedulingV1Client
	storage        *storagev1.StorageV1Client
}

// NewForConfig returns the clients of the cluster that config names. They share connections
// and, like those of kubernetes.NewForConfig, the limit of config.QPS. It returns an error if config
// is invalid.
func NewForConfig(config *rest.Config) (Interface, error) {
	shared := limited(config)
	connections, err := rest.HTTPClientFor(shared)
	if err != nil {
		return nil, err
	}
	c := &clients{}
	for _, group := range []func(*rest.Config, *http.Client) error{
		group(&c.authentication, authenticationv1.NewForConfigAndClient),
		group(&c.batch, batchv1.NewForConfigAndClient),
		group(&c.core, corev1.NewForConfigAndClient),
		group(&c.scheduling, schedulingv1.NewForConfigAndClient),
		group(&c.storage, storagev1.NewForConfigAndClient),
	} {
		if err := group(shared, connections); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// limited is config with one limiter for all groups.
func limited(config *rest.Config) *rest.Config {
	shared := rest.CopyConfig(config)
	if shared.UserAgent == "" {
		shared.UserAgent = rest.DefaultKubernetesUserAgent()
	}
	if shared.RateLimiter == nil && shared.QPS > 0 {
		shared.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(shared.QPS, max(shared.Burst, 1))
	}
	return shared
}

// group keeps what makeClient makes at to.
func group[C any](target **C, makeClient func(*rest.Config, *http.Client) (*C, error)) func(*rest.Config, *http.Client) error {
	return func(config *rest.Config, connections *http.Client) (err error) {
		*target, err = makeClient(config, connections)
		return err
	}
}

// AuthenticationV1 implements Interface.
func (c *clients) AuthenticationV1() authenticationv1.AuthenticationV1Interface {
	return c.authentication
}

// BatchV1 implements Interface.
func (c *clients) BatchV1() batchv1.BatchV1Interface { return c.batch }

// CoreV1 implements Interface.
func (c *clients) CoreV1() corev1.CoreV1Interface { return c.core }

// SchedulingV1 implements Interface.
func (c *clients) SchedulingV1() schedulingv1.SchedulingV1Interface { return c.scheduling }

// StorageV1 implements Interface.
func (c *clients) StorageV1() storagev1.StorageV1Interface { return c.storage }
