package link

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// echo serves one connection: it sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(conn, conn)
		_ = conn.Close()
	}()
	return listener.Addr().String()
}

// Everything arrives, a round trip late, and the end arrives too.
func TestDelay(t *testing.T) {
	const roundTrip = 60 * time.Millisecond
	delay, err := NewDelay(t.Context(), echo(t), roundTrip)
	if err != nil {
		t.Fatal(err)
	}
	sent := make([]byte, 32<<20)
	_, _ = rand.Read(sent)
	began := time.Now()
	conn, err := net.Dial("tcp", delay.Addr())
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = conn.Write(sent)
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	buffer := make([]byte, 1)
	if _, err := io.ReadFull(conn, buffer); err != nil {
		t.Fatal(err)
	}
	// One to open the connection, one for the byte.
	if took := time.Since(began); took < 2*roundTrip || took > 20*roundTrip {
		t.Errorf("the first byte took %s, two round trips are %s", took, 2*roundTrip)
	}
	rest, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(append(buffer, rest...), sent) {
		t.Errorf("%d bytes came back of %d: %v", 1+len(rest), len(sent), err)
	}
}

func TestBare(t *testing.T) {
	dir := t.TempDir()
	source, destination := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	want := bytes.Repeat([]byte("bare"), 1<<18)
	if err := os.WriteFile(source, want, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addr, err := Serve(ctx, "127.0.0.1", source)
	if err != nil {
		t.Fatal(err)
	}
	if err := Receive(ctx, addr, destination); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(destination); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes arrived of %d: %v", len(got), len(want), err)
	}
}
