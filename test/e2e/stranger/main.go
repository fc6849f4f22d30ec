// Command stranger acts as an attacker in the cluster who has found the port of an
// agent, and tries every way to get access. It prints a line for
// each attempt: its name, the number of bytes received, and the error that ended it.
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/wire"
)

// patience exceeds the time that an agent waits for an unknown client.
const patience = 15 * time.Second

const upgrade = "GET /tunnel HTTP/1.1\r\nHost: agent\r\nConnection: Upgrade\r\nUpgrade: batch-tunnel\r\n\r\n"

func main() {
	var err error
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "make":
		err = makeCertificate(args[1])
	case len(args) == 3 && args[0] == "knock":
		err = knock(args[1], args[2])
	default:
		err = errors.New("usage: stranger make DIR, to make a certificate; stranger knock HOST:PORT DIR")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "stranger:", err)
		os.Exit(1)
	}
}

// knock tries everything at once, for an agent waits with its answers.
func knock(address, dir string) error {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return err
	}
	tries := []struct {
		name string
		do   func(conn net.Conn) (int, error)
	}{
		{"GET ping in the open", plain(request("GET", "/v1/ping", nil))},
		{"POST list in the open", plain(request("POST", "/v1/list", everything()))},
		{"POST files in the open", plain(request("POST", "/v1/files", everything()))},
		{"POST enroll in the open", plain(request("POST", "/v1/enroll", []byte("x")))},
		{"upgrade, then in the open", inTheOpen},
		{"TLS at once", secured(&tls.Config{InsecureSkipVerify: true}, false, true)},
		{"upgrade, TLS without a certificate", secured(&tls.Config{InsecureSkipVerify: true}, true, false)},
		{"upgrade, TLS and a request without a certificate", secured(&tls.Config{InsecureSkipVerify: true}, true, true)},
		{"upgrade, TLS 1.2", secured(&tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}, true, true)},
		{"upgrade, TLS with this certificate", secured(&tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}}, true, false)},
		{"upgrade, TLS and a request with this certificate", secured(&tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{certificate}}, true, true)},
	}
	lines := make(chan string)
	for _, try := range tries {
		go func() {
			conn, err := net.DialTimeout("tcp", address, patience)
			if err != nil {
				lines <- fmt.Sprintf("%s: not connected: %v", try.name, err)
				return
			}
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(patience))
			n, err := try.do(conn)
			lines <- fmt.Sprintf("%s: %d bytes: %v", try.name, n, err)
		}()
	}
	for range tries {
		fmt.Println(<-lines)
	}
	return nil
}

func request(method, path string, body []byte) []byte {
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: agent\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", method, path, len(body))
	return append([]byte(head), body...)
}

// everything is a request for all files of the agent.
func everything() []byte { return wire.AppendEntry(nil, wire.Entry{Path: ".", Number: 0}) }

// plain sends a request and counts the received bytes, except those of an HTTP refusal.
func plain(text []byte) func(net.Conn) (int, error) {
	return func(conn net.Conn) (int, error) {
		if _, err := conn.Write(text); err != nil {
			return 0, err
		}
		return answer(conn)
	}
}

// answer reads to the end. Of a refusal the status is what ended it.
func answer(conn io.Reader) (int, error) {
	content, err := io.ReadAll(conn)
	if refusal := []byte("HTTP/1.1 404 "); bytes.HasPrefix(content, refusal) {
		return 0, fmt.Errorf("%s", bytes.TrimSpace(content[:bytes.IndexByte(content, '\n')]))
	}
	if err == nil {
		err = io.EOF
	}
	return len(content), err
}

// upgraded requests the tunnel and reads the 101.
func upgraded(conn net.Conn) (*bufio.Reader, error) {
	if _, err := io.WriteString(conn, upgrade); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	line, err := reader.ReadString('\n')
	if err != nil || line != "HTTP/1.1 101 Switching Protocols\r\n" {
		return nil, fmt.Errorf("no 101: %q, %w", line, err)
	}
	for line != "\r\n" {
		if line, err = reader.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	return reader, nil
}

func inTheOpen(conn net.Conn) (int, error) {
	reader, err := upgraded(conn)
	if err != nil {
		return 0, err
	}
	if _, err := conn.Write(request("POST", "/v1/files", everything())); err != nil {
		return 0, err
	}
	return answer(reader)
}

// errClosed replaces the error of a request that was sent too early: it depends on timing whether the agent's message
// arrives before the connection breaks.
var errClosed = errors.New("closed")

// secured uses TLS, with or without an upgrade, and counts the bytes received through it.
// Without a request, it receives the reason for the refusal.
func secured(config *tls.Config, up, ask bool) func(net.Conn) (int, error) {
	return func(conn net.Conn) (int, error) {
		if up {
			if _, err := upgraded(conn); err != nil { // nothing follows the 101
				return 0, err
			}
		}
		inside := tls.Client(conn, config)
		if !ask {
			if err := inside.Handshake(); err != nil {
				return 0, err
			}
			return answer(inside)
		}
		_, _ = inside.Write(request("POST", "/v1/list", everything()))
		n, _ := answer(inside)
		return n, errClosed
	}
}

// makeCertificate creates a certificate like the agent's, which no agent knows.
func makeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	currentTime := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "batch-agent"}, DNSNames: []string{"batch-agent"},
		NotBefore: currentTime.Add(-time.Hour), NotAfter: currentTime.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: certificate}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
}
