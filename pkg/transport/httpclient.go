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
	// idleConns is how many idle connections are kept. Each stream has its own connection.
	idleConns = 8
	// idleTimeout is shorter than the idle timeout of the agent.
	idleTimeout = 30 * time.Second
	// bufferSize is the size of the buffers of net/http. Its default is 4 KiB, but TLS
	// returns up to 16 KiB in a read.
	bufferSize = 128 << 10
)

// newClient returns a client that connects with dial. It has no timeouts, because a
// response may take hours, and no proxies, because the Dialer uses them.
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
