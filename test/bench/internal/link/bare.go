package link

import (
	"context"
	"io"
	"net"
	"os"
)

// Serve sends the file to every client that connects to the returned address,
// to measure the best possible speed of a line. ctx ends it.
func Serve(ctx context.Context, host, path string) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() }) // the run is over
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go send(conn, path)
		}
	}()
	return listener.Addr().String(), nil
}

func send(conn net.Conn, path string) {
	defer func() { _ = conn.Close() }() // who receives it compares it
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }() // read only
	_, _ = io.Copy(conn, file)          // as above
}

// Receive writes what addr sends into a file.
func Receive(ctx context.Context, addr, path string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // nothing was written to it
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, conn)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
