package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// Server returns the configuration of the server. It calls peerPEM at every handshake.
// Handshakes fail while peerPEM returns no certificate.
func (p *Pair) Server(peerPEM func() []byte) *tls.Config {
	config := p.config()
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		peer, err := Parse(peerPEM())
		if err != nil {
			return nil, err
		}
		pinned := p.config()
		pinned.ClientAuth = tls.RequireAndVerifyClientCert
		pinned.ClientCAs = poolOf(peer)
		pinned.VerifyConnection = pin(peer)
		return pinned, nil
	}
	return config
}

// Client returns the configuration of the client. If peerPEM is not a certificate,
// every handshake fails.
func (p *Pair) Client(peerPEM []byte) *tls.Config {
	config := p.config()
	config.ServerName = name
	peer, err := Parse(peerPEM)
	if err != nil {
		config.RootCAs = x509.NewCertPool()
		config.VerifyConnection = func(tls.ConnectionState) error { return err }
		return config
	}
	config.RootCAs = poolOf(peer)
	config.VerifyConnection = pin(peer)
	return config
}

// config returns the common configuration. Records have the full size from the start, for
// throughput. There are no session tickets, so that a session cannot outlive its certificate.
func (p *Pair) config() *tls.Config {
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		Certificates:                []tls.Certificate{p.certificate},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
	}
}

// poolOf returns a pool with peer as its only root: the certificate is self-signed.
func poolOf(peer *x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(peer)
	return pool
}

// pin accepts peer itself, and nothing that peer's key could sign.
func pin(peer *x509.Certificate) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) != 1 || !state.PeerCertificates[0].Equal(peer) {
			return errors.New("the peer presented a certificate that differs from the exchanged certificate")
		}
		return nil
	}
}
