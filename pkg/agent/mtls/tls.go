package mtls

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
)

// Server is the configuration of the end that is dialled. peerPEM is asked at
// every handshake; while it returns no certificate, every handshake fails.
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

// Client is the configuration of the end that dials. Where peerPEM is no
// certificate, every handshake fails.
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

// config is what both ends have in common. Full records from the first byte are
// for speed; no tickets, so that a session cannot outlive its certificate.
func (p *Pair) config() *tls.Config {
	return &tls.Config{
		MinVersion:                  tls.VersionTLS13,
		Certificates:                []tls.Certificate{p.certificate},
		SessionTicketsDisabled:      true,
		DynamicRecordSizingDisabled: true,
	}
}

// poolOf is a pool with peer in it: a certificate that signed itself is its own root.
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
