package transport

import (
	"context"
	"net"
	"net/http"
	"time"
)

// Host is the host part of URLs for a Chooser's client. It is resolved nowhere.
const Host = "agent"

const (
	// One connection a stream: this many wait for the next one.
	idleConns = 8
	// Below what the other end's own idle time-out may be.
	idleTimeout = 30 * time.Second
	// Of what net/http reads and writes at once; its own is 4 KiB, and TLS gives up
	// to 16 KiB a read.
	bufferSize = 128 << 10
)

// newClient returns a client over dial. It has no time-outs, as what it asks for
// may stream for hours, and knows no proxies: those are the Dialer's affair.
func newClient(dial func(context.Context) (net.Conn, error)) *http.Client {
	return &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
			DisableCompression:  true,
			MaxIdleConnsPerHost: idleConns,
			IdleConnTimeout:     idleTimeout,
			ReadBufferSize:      bufferSize,
			WriteBufferSize:     bufferSize,
		},
	}
}
