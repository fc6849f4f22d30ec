package server

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
)

// counted counts what is written to it, and fails from some write on.
type counted struct {
	net.Conn
	mu     sync.Mutex
	writes int
	fails  error
}

func (c *counted) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	if c.fails != nil {
		return 0, c.fails
	}
	return c.Conn.Write(p)
}

// gathered pairs, with the handshake done.
func gatheringPair(t *testing.T) (serverEnd *gathering, wire *counted, clientEnd *tls.Conn) {
	t.Helper()
	near, far := net.Pipe()
	server, client := newPair(t), newPair(t)
	wire = &counted{Conn: near}
	below := &gather{Conn: wire}
	serverEnd = &gathering{tls.Server(below, server.Server(client.PEM)), below}
	config := client.Client(server.PEM())
	clientEnd = tls.Client(far, config)
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	shaken := make(chan error, 1)
	go func() { shaken <- serverEnd.Handshake() }()
	if err := errors.Join(clientEnd.Handshake(), <-shaken); err != nil {
		t.Fatal(err)
	}
	return serverEnd, wire, clientEnd
}

func newPair(t *testing.T) *mtls.Pair {
	t.Helper()
	pair, err := mtls.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// TestGathering: a block takes few writes, arrives whole and at once, and what
// comes after it is not held back.
func TestGathering(t *testing.T) {
	serverEnd, wire, clientEnd := gatheringPair(t)
	block := bytes.Repeat([]byte("0123456789abcdef"), 16<<10) // 256 KiB
	for _, sent := range [][]byte{block, []byte("short"), block[:gathered]} {
		wire.writes = 0
		failed := make(chan error, 1)
		go func() {
			_, err := serverEnd.Write(sent)
			failed <- err
		}()
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(clientEnd, got); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("%d bytes did not arrive: %v", len(sent), err)
		}
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		if limit := 1 + len(sent)/gathered; wire.writes > limit {
			t.Errorf("%d bytes took %d writes, and should take %d", len(sent), wire.writes, limit)
		}
	}
}

// TestGatheringFails: an error of a write that was put off is one of the Write
// that caused it.
func TestGatheringFails(t *testing.T) {
	serverEnd, wire, _ := gatheringPair(t)
	wire.fails = io.ErrClosedPipe
	for _, size := range []int{1, 3 * gathered} {
		if _, err := serverEnd.Write(make([]byte, size)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
