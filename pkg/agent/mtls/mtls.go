// Package mtls creates the two certificates with which the ends of a tunnel authenticate
// each other.
//
// What it promises: TLS 1.3 in which each end accepts exactly one certificate of the
// other; the private keys never leave the memory of the process that created them.
// What it does not promise: that the certificates are exchanged unchanged. The caller
// exchanges them over an authenticated connection.
package mtls

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

const (
	// name is the DNS name in both certificates. The security comes from the pinning.
	name = "batch-agent"
	// validity is how long before and after the current time a certificate is valid,
	// because clocks of clusters and of laptops differ.
	validity = 24 * time.Hour
	// MaxPEM is the maximum length of a certificate for Parse, in bytes.
	MaxPEM = 16 << 10
)

// Pair is a private key and the certificate for it.
type Pair struct {
	certificate tls.Certificate
	pem         []byte
}

// New creates a Pair that is valid from one day before t until one day after t.
func New(t time.Time) (*Pair, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("creating a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		NotBefore:    t.Add(-validity),
		NotAfter:     t.Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		return nil, fmt.Errorf("creating a certificate: %w", err)
	}
	return &Pair{
		certificate: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private},
		pem:         pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
	}, nil
}

// PEM returns the certificate, which is public.
func (p *Pair) PEM() []byte { return bytes.Clone(p.pem) }

// Parse reads the certificate of a peer, as PEM of at most MaxPEM bytes.
func Parse(text []byte) (*x509.Certificate, error) {
	if len(text) > MaxPEM {
		return nil, errors.New("certificate too large")
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("no PEM certificate found")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	return certificate, nil
}
