package transport

import (
	"bufio"
	"context"
	"net"
)

// readAhead is how much is read from the network at once: TLS alone asks for a
// record of 16 KiB at a time.
const readAhead = 256 << 10

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// buffered returns dial with connections that read ahead.
func buffered(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &ahead{Conn: conn, buffer: bufio.NewReaderSize(conn, readAhead)}, nil
	}
}

// ahead is a connection that is read in large pieces.
type ahead struct {
	net.Conn
	buffer *bufio.Reader
}

// Read implements net.Conn.
func (a *ahead) Read(p []byte) (int, error) { return a.buffer.Read(p) }
