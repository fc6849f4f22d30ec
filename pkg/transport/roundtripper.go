package transport

import (
	"net"
	"net/http"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// roundTripper returns the same as rest.TransportFor, but with a separate http.Transport:
// that of client-go is shared, uses HTTP/2 and keeps connections. base is nil if config
// has its own transport.
func roundTripper(config *rest.Config) (base *http.Transport, round http.RoundTripper, err error) {
	settings, err := config.TransportConfig() // starts credential plugins
	if err != nil {
		return nil, nil, err
	}
	if settings.Transport != nil {
		round, err = transport.New(settings)
		return nil, round, err
	}
	settings.TLS.NextProtos = []string{"http/1.1"} // HTTP/2 has no Upgrade
	base, err = plainTransport(settings)
	if err != nil {
		return nil, nil, err
	}
	round, err = transport.HTTPWrappersForConfig(settings, base)
	return base, round, err
}

func plainTransport(settings *transport.Config) (*http.Transport, error) {
	tlsConfig, err := transport.TLSConfigFor(settings)
	if err != nil {
		return nil, err
	}
	dial := (&net.Dialer{
		Timeout: 30 * time.Second,
		// This detects a lost peer within 30 s.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
	}).DialContext
	if settings.DialHolder != nil {
		dial = settings.DialHolder.Dial
	}
	return utilnet.SetOldTransportDefaults(&http.Transport{
		Proxy: settings.Proxy, DialContext: buffered(dial), TLSClientConfig: tlsConfig,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableKeepAlives:   true, // one connection a stream
		DisableCompression:  true,
	}), nil
}
