package server_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/agenttest"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/server"
	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

func pair(t *testing.T) *mtls.Pair {
	t.Helper()
	p, err := mtls.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func dial(t *testing.T, port int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

// ask sends a request in plain text and returns the status of the answer.
func ask(t *testing.T, conn net.Conn, request string) int {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestTheNetworkHasOneDoor: without TLS nothing is to be had but the way into it.
func TestTheNetworkHasOneDoor(t *testing.T) {
	agent := agenttest.Start(t, t.TempDir(), server.Options{})
	port := agent.Enroll(t, pair(t)).Port
	for _, request := range []string{
		"GET /v1/ping HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /v1/list HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"POST /v1/enroll HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
		"GET /tunnel HTTP/1.1\r\nHost: x\r\n\r\n",
		"GET /tunnel HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		if status := ask(t, dial(t, port), request); status != http.StatusNotFound {
			t.Errorf("%.30q: %d", request, status)
		}
	}
}

func TestWhoIsLetIn(t *testing.T) {
	agent := agenttest.Start(t, t.TempDir(), server.Options{})
	enrolled := pair(t)
	second := pair(t)
	stranger := pair(t)
	enter := func(p *mtls.Pair, enrolment wire.Enrolment) error {
		config := p.Client([]byte(enrolment.Certificate))
		conn, err := agenttest.Dial(t.Context(), enrolment.Port, config)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(conn, "GET /v1/ping HTTP/1.1\r\nHost: agent\r\n\r\n"); err != nil {
			return err
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}

	enrolment := agent.Enroll(t, enrolled)
	if err := enter(enrolled, enrolment); err != nil {
		t.Errorf("the client itself: %v", err)
	}
	if err := enter(stranger, enrolment); err == nil {
		t.Error("a stranger was let in")
	}
	renewed := agent.Enroll(t, second)
	if renewed != enrolment {
		t.Errorf("the agent became another: %v", renewed)
	}
	if err := enter(second, renewed); err != nil {
		t.Errorf("the next client: %v", err)
	}
	if err := enter(enrolled, enrolment); err == nil {
		t.Error("the client before was still let in")
	}
}

func TestEnrolNeedsTheSocket(t *testing.T) {
	agent := agenttest.Start(t, t.TempDir(), server.Options{})
	tunnel := agent.Tunnel(t)
	answer, err := tunnel.Post("http://agent/v1/enroll", "", strings.NewReader(string(pair(t).PEM())))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusNotFound {
		t.Errorf("through the tunnel: %s", answer.Status)
	}
	for _, body := range []string{"", "no certificate", strings.Repeat("x", mtls.MaxPEM+1)} {
		answer, err := agent.Local(t).Post("http://agent/v1/enroll", "", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != http.StatusBadRequest {
			t.Errorf("%.20q: %s", body, answer.Status)
		}
	}
}

func TestWithoutACertificate(t *testing.T) {
	enrolment := agenttest.Start(t, t.TempDir(), server.Options{}).Enroll(t, pair(t))
	config := pair(t).Client([]byte(enrolment.Certificate))
	config.Certificates = nil
	conn, err := agenttest.Dial(t.Context(), enrolment.Port, config)
	if err == nil {
		// In TLS 1.3 a client hears of its refusal only when it reads.
		_, err = conn.Read(make([]byte, 1))
	}
	if err == nil {
		t.Error("a client without a certificate was let in")
	}
}

// TestStrangersDoNotFillIt: one connection more than strangers may have is closed at once. The agent accepts connections
// in the order in which they were opened.
func TestStrangersDoNotFillIt(t *testing.T) {
	agent := agenttest.Start(t, t.TempDir(), server.Options{Patience: time.Hour})
	port := agent.Enroll(t, pair(t)).Port
	for range 64 {
		dial(t, port)
	}
	_, err := dial(t, port).Read(make([]byte, 1))
	if timeout, ok := errors.AsType[net.Error](err); err == nil || ok && timeout.Timeout() {
		t.Errorf("more than 64 connections of strangers stay open: %v", err)
	}
}

// TestSilentStrangersAreClosed: then the client can connect again.
func TestSilentStrangersAreClosed(t *testing.T) {
	agent := agenttest.Start(t, t.TempDir(), server.Options{Patience: 200 * time.Millisecond})
	mine := pair(t)
	enrolment := agent.Enroll(t, mine)
	for range 64 {
		dial(t, enrolment.Port)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		conn, err := agenttest.Dial(ctx, enrolment.Port, mine.Client([]byte(enrolment.Certificate)))
		if err == nil {
			_ = conn.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("there is no room for the client")
}

// TestEndsWithoutClients: an agent that no client uses ends by itself, without an error.
func TestEndsWithoutClients(t *testing.T) {
	agenttest.NeedLinux(t)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	dir := t.TempDir()
	err := server.Run(ctx, server.Options{Root: dir, Socket: filepath.Join(dir, "s"), Now: time.Now, Idle: time.Millisecond})
	if err != nil || ctx.Err() != nil {
		t.Errorf("%v, %v", err, ctx.Err())
	}
}
