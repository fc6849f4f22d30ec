package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// upgrade sends the request in a separate context, because net/http may use it as long as
// the connection is open.
func (t *Tunnel) upgrade(ctx context.Context) (net.Conn, error) {
	requestCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	conn, err := t.send(requestCtx)
	if !stop() {
		if err == nil {
			_ = conn.Close()
		}
		return nil, fmt.Errorf("waiting for %s: %w", t.description, context.Cause(ctx))
	}
	if err != nil {
		cancel()
		return nil, err
	}
	conn.release = cancel
	return conn, nil
}

func (t *Tunnel) send(ctx context.Context) (*tunnelConn, error) {
	conn := &tunnelConn{}
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { conn.wire = info.Conn },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.target.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Connection", "Upgrade")
	request.Header.Set("Upgrade", wire.TunnelProtocol)
	response, err := t.round.RoundTrip(request)
	if err != nil {
		return nil, fmt.Errorf("requesting %s: %w", t.description, err)
	}
	stream, ok := response.Body.(io.ReadWriteCloser)
	switch {
	case response.StatusCode != http.StatusSwitchingProtocols:
		defer func() { _ = response.Body.Close() }()
		return nil, refused(t.description, response)
	case !ok || response.Header.Get("Upgrade") != wire.TunnelProtocol:
		_ = response.Body.Close()
		return nil, fmt.Errorf("requesting %s: unexpected protocol %.40q in the response", t.description, response.Header.Get("Upgrade"))
	}
	conn.stream = stream
	return conn, nil
}

// tidy closes the connections of a failed dial: net/http continues to dial after the
// request was cancelled.
func (t *Tunnel) tidy() {
	if t.base != nil {
		t.base.CloseIdleConnections()
	}
}
