package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Answers returns a Step that requests path from the HTTP server at the remote end and
// succeeds after a status of 2xx. An exec needs this proof, because its connection exists
// before its program runs.
func Answers(path string) Step {
	return func(ctx context.Context, conn net.Conn) (net.Conn, error) {
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		err := ask(ctx, conn, path)
		if !stop() {
			return nil, context.Cause(ctx)
		}
		return conn, err
	}
}

// ask sends one request and reads exactly its response, so that the connection can be used
// for the next one.
func ask(ctx context.Context, conn net.Conn, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+Host+path, http.NoBody)
	if err != nil {
		return err
	}
	if err := request.Write(conn); err != nil {
		return fmt.Errorf("requesting %s from the agent: %w", path, err)
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return fmt.Errorf("no response from the agent: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return fmt.Errorf("reading the response to %s: %w", path, err)
	case response.StatusCode/100 != 2:
		return fmt.Errorf("the agent returned %[2]q for %[1]s", path, response.Status)
	case response.Close || reader.Buffered() > 0:
		return errors.New("the connection cannot be reused after the response to " + path)
	}
	return nil
}
