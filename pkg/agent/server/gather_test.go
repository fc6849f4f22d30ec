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
func gatheringPair(t *testing.T) (here *gathering, wire *counted, there *tls.Conn) {
	t.Helper()
	near, far := net.Pipe()
	server, client := newPair(t), newPair(t)
	wire = &counted{Conn: near}
	below := &gather{Conn: wire}
	here = &gathering{tls.Server(below, server.Server(client.PEM)), below}
	config := client.Client(server.PEM())
	there = tls.Client(far, config)
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	shaken := make(chan error, 1)
	go func() { shaken <- here.Handshake() }()
	if err := errors.Join(there.Handshake(), <-shaken); err != nil {
		t.Fatal(err)
	}
	return here, wire, there
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
	here, wire, there := gatheringPair(t)
	block := bytes.Repeat([]byte("0123456789abcdef"), 16<<10) // 256 KiB
	for _, sent := range [][]byte{block, []byte("short"), block[:gathered]} {
		wire.writes = 0
		failed := make(chan error, 1)
		go func() {
			_, err := here.Write(sent)
			failed <- err
		}()
		got := make([]byte, len(sent))
		if _, err := io.ReadFull(there, got); err != nil || !bytes.Equal(got, sent) {
			t.Fatalf("%d bytes did not arrive: %v", len(sent), err)
		}
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
		if most := 1 + len(sent)/gathered; wire.writes > most {
			t.Errorf("%d bytes took %d writes, and should take %d", len(sent), wire.writes, most)
		}
	}
}

// TestGatheringFails: an error of a write that was put off is one of the Write
// that caused it.
func TestGatheringFails(t *testing.T) {
	here, wire, _ := gatheringPair(t)
	wire.fails = io.ErrClosedPipe
	for _, size := range []int{1, 3 * gathered} {
		if _, err := here.Write(make([]byte, size)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
