package mtls_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/kubectl-batch/kubectl-batch/pkg/agent/mtls"
)

func pair(t *testing.T) *mtls.Pair {
	t.Helper()
	p, err := mtls.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// meet lets two configurations shake hands and say a word each way: in TLS 1.3
// a client learns only from the first answer that it was refused.
func meet(t *testing.T, server, client *tls.Config) (serverErr, clientErr error) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	done := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			done <- err
			return
		}
		defer func() { _ = conn.Close() }()
		_, err = tls.Server(conn, server).Write([]byte("!"))
		done <- err
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, clientErr = tls.Client(conn, client).Read(make([]byte, 1))
	_ = conn.Close()
	return <-done, clientErr
}

func TestOnlyThePeer(t *testing.T) {
	server := pair(t)
	client := pair(t)
	stranger := pair(t)
	old, err := mtls.New(time.Now().Add(-72 * time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	certificate := func(p *mtls.Pair) func() []byte { return p.PEM }
	naked := client.Client(server.PEM())
	naked.Certificates = nil
	weak := client.Client(server.PEM())
	weak.MinVersion, weak.MaxVersion = tls.VersionTLS12, tls.VersionTLS12

	for name, tt := range map[string]struct {
		server, client *tls.Config
		ok             bool
	}{
		"both know each other":          {server.Server(client.PEM), client.Client(server.PEM()), true},
		"the client is another":         {server.Server(certificate(client)), stranger.Client(server.PEM()), false},
		"the server is another":         {stranger.Server(certificate(client)), client.Client(server.PEM()), false},
		"the client has no certificate": {server.Server(certificate(client)), naked, false},
		"nobody is known yet":           {server.Server(func() []byte { return nil }), client.Client(server.PEM()), false},
		"the client knows no server":    {server.Server(client.PEM), client.Client(nil), false},
		"TLS 1.2":                       {server.Server(client.PEM), weak, false},
		"a certificate of last week":    {server.Server(old.PEM), old.Client(server.PEM()), false},
	} {
		t.Run(name, func(t *testing.T) {
			serverErr, clientErr := meet(t, tt.server, tt.client)
			if (clientErr == nil) != tt.ok {
				t.Errorf("client: %v", clientErr)
			}
			if tt.ok && serverErr != nil {
				t.Errorf("server: %v", serverErr)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":   "",
		"no PEM":    "hello",
		"no DER":    "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n",
		"other PEM": "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n",
		"too long":  string(make([]byte, mtls.MaxPEM+1)),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := mtls.Parse([]byte(text)); err == nil {
				t.Error("want an error")
			}
		})
	}
}
