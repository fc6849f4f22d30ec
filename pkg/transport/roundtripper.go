package transport

import (
	"net"
	"net/http"
	"time"

	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// roundTripper is what rest.TransportFor gives, over an http.Transport of our
// own: client-go's is shared, speaks HTTP/2 and keeps connections. Base is nil
// where config brings a transport that takes its place.
func roundTripper(config *rest.Config) (base *http.Transport, round http.RoundTripper, err error) {
	settings, err := config.TransportConfig() // starts credential plugins
	if err != nil {
		return nil, nil, err
	}
	if settings.Transport != nil {
		round, err = transport.New(settings)
		return nil, round, err
	}
	settings.TLS.NextProtos = []string{"http/1.1"} // an Upgrade is nothing that HTTP/2 knows
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
		// A peer that is gone is noticed within half a minute.
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
